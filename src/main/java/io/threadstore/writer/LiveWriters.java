package io.threadstore.writer;

import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.CurrentCaller;
import io.threadstore.thread.LockedThread;
import io.threadstore.thread.PersistenceMode;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The live writers' rows, in the caller's transaction. Whoever changes a thread's writer holds the thread's row. */
@ApplicationScoped
public class LiveWriters {

    private final Repository repository;
    private final WriterSettings settings;
    private final CurrentCaller caller;
    private final Clock clock;

    LiveWriters(Repository repository, WriterSettings settings, CurrentCaller caller, Clock clock) {
        this.repository = repository;
        this.settings = settings;
        this.caller = caller;
        this.clock = clock;
    }

    /** The thread's live writer. */
    public Optional<LiveWriter> find(long threadKey) {
        return repository.findByIdOptional(threadKey).map(LiveWriterEntity::toLiveWriter);
    }

    /**
     * The thread's live writer, seen without the thread's lock. Who locks the thread later in the same transaction asks again, and is
     * not given what was seen now: the writer may have been taken over in between.
     */
    public Optional<LiveWriter> peek(long threadKey) {
        var found = repository.findByIdOptional(threadKey);
        found.ifPresent(repository.getEntityManager()::detach);
        return found.map(LiveWriterEntity::toLiveWriter);
    }

    /**
     * Opens a writer.
     *
     * @param takeover whether a live writer whose lease has not ended gives way
     * @throws ThreadStoreException {@link ErrorKind#THREAD_ALREADY_LIVE}
     */
    public LiveWriter open(LockedThread thread, PersistenceMode mode, boolean takeover) {
        var now = clock.instant();
        var current = repository.findById(thread.key());
        if (current != null && !takeover && isWithinLease(current.toLiveWriter())) {
            throw alreadyLive(thread, current.toLiveWriter());
        }
        var epoch = thread.nextEpoch(mode);
        var expires = now.plus(settings.lease());
        var holder = caller.get().subject();
        if (current == null) {
            current = new LiveWriterEntity(thread.key(), epoch, mode, now, expires, holder);
            repository.persist(current);
        } else {
            current.open(epoch, mode, now, expires, holder);
        }
        return current.toLiveWriter();
    }

    /**
     * The thread's live writer, which the caller claims to be.
     *
     * @param epoch the caller's epoch; null means the current writer, whoever that is
     * @throws ThreadStoreException {@link ErrorKind#THREAD_NOT_LIVE} or {@link ErrorKind#WRITER_FENCED}
     */
    public LiveWriter require(LockedThread thread, @Nullable Long epoch) {
        return check(thread.threadId().value(), find(thread.key()).orElse(null), epoch);
    }

    /** As {@link #require(LockedThread, Long)}, of a thread that is only looked at. */
    public LiveWriter check(UUID threadId, @Nullable LiveWriter writer, @Nullable Long epoch) {
        if (writer == null) {
            throw ThreadStoreException.threadNotLive(threadId);
        }
        if (epoch != null && epoch != writer.epoch()) {
            throw ThreadStoreException.fenced(threadId, epoch, writer.epoch(), writer.expiresAt());
        }
        return writer;
    }

    /** Prolongs the live writer's lease from now on. */
    public void renew(LockedThread thread) {
        repository
                .findByIdOptional(thread.key())
                .ifPresent(writer -> writer.renew(clock.instant().plus(settings.lease())));
    }

    /** Whether the writer keeps others out. Once its lease has ended another may be opened, and a file imported. */
    public boolean isWithinLease(LiveWriter writer) {
        return writer.expiresAt().isAfter(clock.instant());
    }

    /** Whether at least half of the writer's lease is left. */
    public boolean isFresh(LiveWriter writer) {
        return writer.expiresAt().isAfter(clock.instant().plus(settings.lease().dividedBy(2)));
    }

    /** Ends the thread's live writer, if there is one. */
    public void close(LockedThread thread) {
        repository.findByIdOptional(thread.key()).ifPresent(repository::delete);
    }

    /** Until when a writer must not have been used for its lazy thread to count as abandoned. */
    public Instant abandonedBefore() {
        return clock.instant().minus(settings.lazyIdle());
    }

    /** How many writers are live and within their lease, over all tenants. */
    public long countOpen() {
        return repository.count("expiresAt > ?1", clock.millis());
    }

    /**
     * Closes writers of materialised threads, of any tenant, whose lease ended long ago. Threads that others have
     * locked are skipped.
     *
     * @return how many were closed; less than {@code atMost} if no more are left
     */
    public int closeExpired(int atMost) {
        return repository.deleteExpired(
                clock.instant().minus(settings.keepExpired()).toEpochMilli(), atMost);
    }

    /** The refusal of whoever wants a thread that is live. */
    public static ThreadStoreException alreadyLive(LockedThread thread, LiveWriter writer) {
        return ThreadStoreException.alreadyLive(thread.threadId().value(), writer.epoch(), writer.expiresAt());
    }

    /** The entity's queries. */
    @ApplicationScoped
    static class Repository implements PanacheRepositoryBase<LiveWriterEntity, Long> {

        /** Whoever changes a writer holds its thread's row, so both are locked first. */
        int deleteExpired(long before, int atMost) {
            List<?> keys = getEntityManager()
                    .createNativeQuery("""
                            SELECT w.thread_key FROM live_writer w FORCE INDEX (ix_live_writer_expires)
                            STRAIGHT_JOIN thread t ON t.thread_key = w.thread_key
                            WHERE w.expires_at < :before AND t.state <> 'LAZY'
                            ORDER BY w.expires_at LIMIT :atMost FOR UPDATE SKIP LOCKED
                            """, Long.class)
                    .setParameter("before", before)
                    .setParameter("atMost", atMost)
                    .getResultList();
            if (!keys.isEmpty()) {
                getEntityManager()
                        .createNativeQuery("DELETE FROM live_writer WHERE thread_key IN (:keys)")
                        .setParameter("keys", keys)
                        .executeUpdate();
            }
            return keys.size();
        }
    }
}
