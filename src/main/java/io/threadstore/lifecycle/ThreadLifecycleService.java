package io.threadstore.lifecycle;

import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.Queued;
import io.threadstore.platform.RetryDeadlocks;
import io.threadstore.rollout.RolloutLog;
import io.threadstore.rollout.SessionMeta;
import io.threadstore.thread.LockedThread;
import io.threadstore.thread.NewThread;
import io.threadstore.thread.StoredThread;
import io.threadstore.thread.ThreadId;
import io.threadstore.thread.ThreadMetadataPatch;
import io.threadstore.thread.ThreadRows;
import io.threadstore.thread.ThreadSummary;
import io.threadstore.writer.LiveWriters;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.time.Clock;
import java.util.List;

/** Creates, archives, unarchives and deletes threads. */
@ApplicationScoped
public class ThreadLifecycleService {

    private final ThreadRows threads;
    private final LiveWriters writers;
    private final RolloutLog log;
    private final SessionMeta sessionMeta;
    private final MetadataPatcher patcher;
    private final Clock clock;

    ThreadLifecycleService(
            ThreadRows threads,
            LiveWriters writers,
            RolloutLog log,
            SessionMeta sessionMeta,
            MetadataPatcher patcher,
            Clock clock) {
        this.threads = threads;
        this.writers = writers;
        this.log = log;
        this.sessionMeta = sessionMeta;
        this.patcher = patcher;
        this.clock = clock;
    }

    /**
     * Creates a thread and opens its first writer. The store writes the {@code session_meta} item as ordinal 0: at once, or for
     * a lazy thread when it is materialised. A name is a patch right after it.
     *
     * @throws ThreadStoreException {@link ErrorKind#THREAD_ALREADY_LIVE} or {@link ErrorKind#THREAD_EXISTS}
     */
    @Queued("thread")
    @RetryDeadlocks
    @Transactional
    public CreatedThread create(NewThread newThread) {
        threads.findLocked(newThread.threadId()).ifPresent(this::refuseDuplicate);
        var now = clock.instant();
        var item = sessionMeta.first(newThread, now);
        var thread = newThread.lazy()
                ? threads.insertLazy(
                        newThread.threadId(), newThread.persistenceMode(), now, new ThreadSummary(), item.text())
                : threads.insert(newThread.threadId(), newThread.persistenceMode(), now, now, new ThreadSummary());
        var writer = writers.open(thread, newThread.persistenceMode(), false);
        if (newThread.lazy()) {
            log.expect(thread, item);
        } else {
            log.append(thread, List.of(item), now);
        }
        if (newThread.name() != null) {
            patcher.apply(thread, ThreadMetadataPatch.rename(newThread.name()));
        }
        return new CreatedThread(thread.toStored(), writer);
    }

    private void refuseDuplicate(LockedThread thread) {
        var id = thread.threadId().value();
        throw writers.find(thread.key())
                .map(writer -> LiveWriters.alreadyLive(thread, writer))
                .orElseGet(() -> ThreadStoreException.threadExists(id));
    }

    /**
     * Puts a thread away. What its live writer holds becomes durable first, and the writer is closed. Archived already: stays
     * as it is.
     *
     * @throws ThreadStoreException {@link ErrorKind#THREAD_NOT_FOUND}, also for a lazy thread that holds nothing
     */
    @Queued("thread")
    @RetryDeadlocks
    @Transactional
    public StoredThread archive(ThreadId threadId, Preconditions preconditions) {
        var thread = threads.lock(threadId);
        if (thread.isLazy() && !thread.holdsItems()) {
            throw ThreadStoreException.threadNotFound(threadId.value());
        }
        preconditions.check(thread);
        var now = clock.instant();
        log.materialize(thread, now);
        writers.close(thread);
        if (!thread.isArchived()) {
            thread.archive(now);
        }
        return thread.toStored();
    }

    /**
     * Takes a thread out again. Not archived: stays as it is.
     *
     * @throws ThreadStoreException {@link ErrorKind#THREAD_NOT_FOUND}
     */
    @Queued("thread")
    @RetryDeadlocks
    @Transactional
    public StoredThread unarchive(ThreadId threadId, Preconditions preconditions) {
        var thread = threads.lock(threadId);
        if (thread.isLazy()) {
            throw ThreadStoreException.threadNotFound(threadId.value());
        }
        preconditions.check(thread);
        if (thread.isArchived()) {
            thread.unarchive(clock.instant());
        }
        return thread.toStored();
    }

    /**
     * Removes a thread in any state with its items, its patches and its writer. Its id is free again. No request finds the
     * thread from the commit on; the items of a long one are deleted from the tables in the background.
     *
     * @throws ThreadStoreException {@link ErrorKind#THREAD_NOT_FOUND}
     */
    @Queued("thread")
    @RetryDeadlocks
    @Transactional
    public void delete(ThreadId threadId, Preconditions preconditions) {
        var thread = threads.lock(threadId);
        preconditions.check(thread);
        thread.delete();
    }
}
