package io.threadstore.lifecycle;

import io.threadstore.platform.RetryDeadlocks;
import io.threadstore.thread.DeletedThreads;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;

/** Deletes the rows of deleted threads, a bounded batch in each transaction. */
@ApplicationScoped
public class DeletionService {

    private final DeletedThreads deleted;

    DeletionService(DeletedThreads deleted) {
        this.deleted = deleted;
    }

    /** Deletes one batch. Returns whether more may be left. */
    @RetryDeadlocks
    @Transactional
    public boolean deleteBatch() {
        return deleted.deleteBatch();
    }

    /** What is left to delete. */
    @Transactional
    public DeletedThreads.Left left() {
        return deleted.left();
    }
}
