package io.threadstore.lifecycle;

import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.Queued;
import io.threadstore.platform.RetryDeadlocks;
import io.threadstore.rollout.RolloutLog;
import io.threadstore.thread.LockedThread;
import io.threadstore.thread.PersistenceMode;
import io.threadstore.thread.ThreadId;
import io.threadstore.thread.ThreadRows;
import io.threadstore.thread.ThreadState;
import io.threadstore.writer.LiveWriters;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.time.Clock;
import org.jspecify.annotations.Nullable;

/**
 * The life of a live writer: opened (resume), persisted and flushed, shut down or discarded. A null epoch means the current
 * writer, whoever that is.
 */
@ApplicationScoped
public class LiveWriterService {

    private final ThreadRows threads;
    private final LiveWriters writers;
    private final RolloutLog log;
    private final Clock clock;

    LiveWriterService(ThreadRows threads, LiveWriters writers, RolloutLog log, Clock clock) {
        this.threads = threads;
        this.writers = writers;
        this.log = log;
        this.clock = clock;
    }

    /**
     * Opens a writer: resumes the thread. An archived thread becomes live and stays archived.
     *
     * @param includeArchived whether an archived thread is found, too
     * @param takeover whether a live writer whose lease has not ended gives way
     * @param mode which items the writer keeps; null means as the one before
     * @throws ThreadStoreException {@link ErrorKind#THREAD_NOT_FOUND}, {@link ErrorKind#THREAD_ALREADY_LIVE}
     */
    @Queued("thread")
    @RetryDeadlocks
    @Transactional
    public OpenedWriter open(
            ThreadId threadId, boolean includeArchived, boolean takeover, @Nullable PersistenceMode mode) {
        var thread = threads.lock(threadId);
        if (thread.isArchived() && !includeArchived) {
            throw ThreadStoreException.threadNotFound(threadId.value());
        }
        var writer = writers.open(thread, mode == null ? thread.persistenceMode() : mode, takeover);
        return new OpenedWriter(threadId, writer, thread.nextOrdinal());
    }

    /**
     * The thread's live writer.
     *
     * @throws ThreadStoreException {@link ErrorKind#THREAD_NOT_FOUND}, {@link ErrorKind#WRITER_NOT_FOUND}
     */
    @Transactional
    public OpenedWriter requireWriter(ThreadId threadId) {
        var thread = threads.find(threadId).orElseThrow(() -> ThreadStoreException.threadNotFound(threadId.value()));
        return writers.find(thread.key())
                .map(writer -> new OpenedWriter(threadId, writer, thread.nextOrdinal()))
                .orElseThrow(() -> ThreadStoreException.writerNotFound(threadId.value()));
    }

    /** Whether the thread is there and has a live writer. */
    @Transactional
    public boolean isLive(ThreadId threadId) {
        return threads.find(threadId)
                .flatMap(thread -> writers.find(thread.key()))
                .isPresent();
    }

    /**
     * Whether the thread is visible to readers and live, with half of its writer's lease before it: then nothing waits to be written,
     * since every append is durable when it is acknowledged. Looks without a lock and renews nothing.
     */
    @Transactional
    public boolean hasNothingPending(ThreadId threadId) {
        return threads.find(threadId)
                .filter(thread -> thread.state() != ThreadState.LAZY)
                .flatMap(thread -> writers.peek(thread.key()))
                .filter(writers::isFresh)
                .isPresent();
    }

    /**
     * Makes the thread visible to readers, with all that was appended, even if that is nothing.
     *
     * @throws ThreadStoreException {@link ErrorKind#THREAD_NOT_FOUND}, {@link ErrorKind#THREAD_NOT_LIVE},
     *     {@link ErrorKind#WRITER_FENCED}
     */
    @Queued("thread")
    @RetryDeadlocks
    @Transactional
    public WriterPosition persist(ThreadId threadId, @Nullable Long epoch) {
        var thread = lockLive(threadId, epoch);
        writers.renew(thread);
        log.materialize(thread, clock.instant());
        return position(thread);
    }

    /**
     * As persist, but a lazy thread that holds nothing stays lazy.
     *
     * @throws ThreadStoreException as persist
     */
    @Queued("thread")
    @RetryDeadlocks
    @Transactional
    public WriterPosition flush(ThreadId threadId, @Nullable Long epoch) {
        var thread = lockLive(threadId, epoch);
        writers.renew(thread);
        if (thread.holdsItems()) {
            log.materialize(thread, clock.instant());
        }
        return position(thread);
    }

    /**
     * Closes the writer. A lazy thread that holds items is materialised, one that holds nothing leaves no trace.
     *
     * @throws ThreadStoreException as persist
     */
    @Queued("thread")
    @RetryDeadlocks
    @Transactional
    public WriterPosition shutdown(ThreadId threadId, @Nullable Long epoch) {
        var thread = lockLive(threadId, epoch);
        var position = new WriterPosition(!thread.isLazy() || thread.holdsItems(), thread.nextOrdinal());
        close(thread);
        return position;
    }

    /**
     * Closes the writer without keeping what was not materialised; what was durable stays. Neither a thread that is not live
     * nor a writer that has been taken over is an error: there is nothing left to discard.
     *
     * @throws ThreadStoreException {@link ErrorKind#THREAD_NOT_FOUND}
     */
    @Queued("thread")
    @RetryDeadlocks
    @Transactional
    public void discard(ThreadId threadId, @Nullable Long epoch) {
        var thread = threads.lock(threadId);
        if (epoch != null && epoch != thread.epoch()) {
            return;
        }
        if (thread.isLazy()) {
            thread.delete();
        } else {
            writers.close(thread);
        }
    }

    /**
     * Ends lazy threads that nobody has used for long: those that hold items are materialised, the others removed.
     *
     * @return how many there were, up to the given number
     */
    @RetryDeadlocks
    @Transactional
    public int sweep(int atMost) {
        var abandoned = threads.lockAbandonedLazy(writers.abandonedBefore(), atMost);
        abandoned.forEach(this::close);
        return abandoned.size();
    }

    /**
     * Closes writers of materialised threads whose lease ended long ago.
     *
     * @return how many there were, up to the given number
     */
    @RetryDeadlocks
    @Transactional
    public int closeExpired(int atMost) {
        return writers.closeExpired(atMost);
    }

    private void close(LockedThread thread) {
        if (thread.isLazy() && !thread.holdsItems()) {
            thread.delete();
            return;
        }
        log.materialize(thread, clock.instant());
        writers.close(thread);
    }

    private LockedThread lockLive(ThreadId threadId, @Nullable Long epoch) {
        var thread = threads.lock(threadId);
        writers.require(thread, epoch);
        return thread;
    }

    private static WriterPosition position(LockedThread thread) {
        return new WriterPosition(!thread.isLazy(), thread.nextOrdinal());
    }
}
