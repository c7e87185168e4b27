package io.threadstore.lifecycle;

import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.page.Cursor;
import io.threadstore.page.Page;
import io.threadstore.platform.Queued;
import io.threadstore.platform.RetryDeadlocks;
import io.threadstore.rollout.RolloutLog;
import io.threadstore.thread.AppliedPatch;
import io.threadstore.thread.MetadataPatches;
import io.threadstore.thread.StoredThread;
import io.threadstore.thread.ThreadId;
import io.threadstore.thread.ThreadMetadataPatch;
import io.threadstore.thread.ThreadRows;
import io.threadstore.thread.ThreadService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.time.Clock;
import org.jspecify.annotations.Nullable;

/** Changes a thread's metadata, one field at a time, and shows what was changed. */
@ApplicationScoped
public class ThreadMetadataService {

    private final ThreadRows threads;
    private final ThreadService lookUp;
    private final RolloutLog log;
    private final MetadataPatcher patcher;
    private final MetadataPatches patches;
    private final Clock clock;

    ThreadMetadataService(
            ThreadRows threads,
            ThreadService lookUp,
            RolloutLog log,
            MetadataPatcher patcher,
            MetadataPatches patches,
            Clock clock) {
        this.threads = threads;
        this.lookUp = lookUp;
        this.log = log;
        this.patcher = patcher;
        this.patches = patches;
        this.clock = clock;
    }

    /**
     * Applies a patch. A lazy thread is materialised first; an archived one stays archived. An empty patch changes nothing.
     *
     * @param includeArchived whether an archived thread is found, too
     * @throws ThreadStoreException {@link ErrorKind#THREAD_NOT_FOUND}, {@link ErrorKind#PRECONDITION_FAILED}, and
     *     {@link ErrorKind#INTERNAL} if the thread's first {@code session_meta} is of another thread
     */
    @Queued("thread")
    @RetryDeadlocks
    @Transactional
    public StoredThread update(
            ThreadId threadId, ThreadMetadataPatch patch, boolean includeArchived, Preconditions preconditions) {
        var thread = threads.lock(threadId);
        if (thread.isArchived() && !includeArchived) {
            throw ThreadStoreException.threadNotFound(threadId.value());
        }
        preconditions.check(thread);
        if (!patch.isEmpty()) {
            log.materialize(thread, clock.instant());
            patcher.apply(thread, patch);
        }
        return thread.toStored();
    }

    /**
     * One page of the patches that were applied, oldest first; archived threads' as well.
     *
     * @throws ThreadStoreException {@link ErrorKind#THREAD_NOT_FOUND}
     */
    @Transactional
    public Page<AppliedPatch> list(ThreadId threadId, int limit, @Nullable Cursor after) {
        return patches.list(lookUp.requireThread(threadId, true), limit, after);
    }
}
