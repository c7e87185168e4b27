package io.threadstore.thread;

import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.page.Cursor;
import io.threadstore.page.Page;
import io.threadstore.platform.CurrentCaller;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Looks threads up: one by its id, or many as a list. Neither touches items. A look is one statement, and so needs no transaction of its own; it
 * sees what the one in hand has done and flushed.
 */
@ApplicationScoped
public class ThreadService {

    private final ThreadRows rows;
    private final ThreadPages pages;
    private final CurrentCaller caller;

    ThreadService(ThreadRows rows, ThreadPages pages, CurrentCaller caller) {
        this.rows = rows;
        this.pages = pages;
        this.caller = caller;
    }

    /**
     * A materialised thread.
     *
     * @param includeArchived whether an archived thread is found, too
     * @throws ThreadStoreException {@link ErrorKind#THREAD_NOT_FOUND}
     */
    public StoredThread requireThread(ThreadId threadId, boolean includeArchived) {
        return rows.find(threadId)
                .filter(thread -> thread.state() == ThreadState.ACTIVE
                        || includeArchived && thread.state() == ThreadState.ARCHIVED)
                .orElseThrow(() -> ThreadStoreException.threadNotFound(threadId.value()));
    }

    /** A thread in any state, lazy ones included, for those who have to tell why it is not to be seen. */
    public Optional<StoredThread> find(ThreadId threadId) {
        return rows.find(threadId);
    }

    /**
     * One page of materialised threads, by (time, creation). Without filters it costs as much as it shows. With filters it
     * looks at {@value ThreadPages#ROWS_PER_REQUEST} rows at the most, so that a page may come short, even empty, and still go on.
     * A page of long texts may come short, too: it ends at {@value ThreadPages#PAGE_CHARACTERS} characters.
     *
     * @param after where the page before ended; null for the first page
     */
    public Page<StoredThread> list(ThreadQuery query, @Nullable Cursor after) {
        return pages.read(caller.get().tenant(), query, after);
    }
}
