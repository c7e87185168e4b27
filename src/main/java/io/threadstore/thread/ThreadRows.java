package io.threadstore.thread;

import io.agroal.api.AgroalDataSource;
import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.CurrentCaller;
import io.threadstore.platform.JsonText;
import io.threadstore.platform.NetworkTimeouts;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.LockModeType;
import jakarta.persistence.PersistenceException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.hibernate.Session;

/**
 * The one way to a thread's row, and the one place that checks the tenant. Works in the caller's transaction, if there is one, and opens none.
 */
@ApplicationScoped
public class ThreadRows {

    private static final String SELECT =
            "SELECT " + ThreadColumns.NAMES + "FROM thread WHERE tenant = ? AND thread_id = ?";

    private static final Duration LONG_STATEMENT = Duration.ofMinutes(10);

    private final AgroalDataSource dataSource;
    private final Repository repository;
    private final CurrentCaller caller;
    private final ThreadDefaults defaults;
    private final DeletedThreads deleted;

    ThreadRows(
            AgroalDataSource dataSource,
            Repository repository,
            CurrentCaller caller,
            ThreadDefaults defaults,
            DeletedThreads deleted) {
        this.dataSource = dataSource;
        this.repository = repository;
        this.caller = caller;
        this.defaults = defaults;
        this.deleted = deleted;
    }

    /** Locks the row of a thread in any state, lazy ones included; empty if there is none. */
    public Optional<LockedThread> findLocked(ThreadId threadId) {
        return repository.findLocked(caller.get().tenant(), threadId).map(entity -> new LockedThread(entity, this));
    }

    /**
     * Locks the row of a thread in any state, lazy ones included.
     *
     * @throws ThreadStoreException THREAD_NOT_FOUND
     */
    public LockedThread lock(ThreadId threadId) {
        return findLocked(threadId).orElseThrow(() -> ThreadStoreException.threadNotFound(threadId.value()));
    }

    /** A thread in any state as it is now, without a lock: changes to it are never written. Empty if there is none. */
    public Optional<LockedThread> findCopy(ThreadId threadId) {
        return repository.findUnlocked(caller.get().tenant(), threadId).map(entity -> {
            repository.getEntityManager().detach(entity);
            return new LockedThread(entity, this);
        });
    }

    /** A new thread that is never written. */
    public LockedThread copyOfNew(
            ThreadId threadId, PersistenceMode mode, Instant createdAt, Instant now, ThreadSummary summary) {
        var entity = new ThreadEntity(caller.get().tenant(), threadId, mode, createdAt, now, summary);
        entity.isNeverStored();
        return new LockedThread(entity, this);
    }

    /**
     * Reads a thread in any state without a lock; empty if there is none. What the transaction in hand has changed and not flushed yet is not seen.
     */
    public Optional<StoredThread> find(ThreadId threadId) {
        try (var connection = dataSource.getConnection();
                var select = connection.prepareStatement(SELECT)) {
            select.setString(1, caller.get().tenant());
            select.setString(2, threadId.value().toString());
            try (var row = select.executeQuery().unwrap(ResultSet.class)) {
                return row.next() ? Optional.of(ThreadColumns.read(row, defaults.modelProvider())) : Optional.empty();
            }
        } catch (SQLException e) {
            throw new PersistenceException(e);
        }
    }

    /** Stores a new thread that holds no items yet and that readers see once the transaction commits. */
    public LockedThread insert(
            ThreadId threadId, PersistenceMode mode, Instant createdAt, Instant now, ThreadSummary summary) {
        return insert(new ThreadEntity(caller.get().tenant(), threadId, mode, createdAt, now, summary));
    }

    /**
     * Stores a new thread that readers don't see until it is materialised.
     *
     * @param sessionMeta its item 0, which waits
     */
    public LockedThread insertLazy(
            ThreadId threadId, PersistenceMode mode, Instant now, ThreadSummary summary, JsonText sessionMeta) {
        var entity = new ThreadEntity(caller.get().tenant(), threadId, mode, now, now, summary);
        entity.becomeLazy(sessionMeta);
        return insert(entity);
    }

    private LockedThread insert(ThreadEntity entity) {
        repository.persistAndFlush(entity);
        return new LockedThread(entity, this);
    }

    /**
     * Lets statements of the current transaction, and its commit, take up to ten minutes: for an import of gigabytes.
     */
    public void allowLongStatements() {
        repository
                .getEntityManager()
                .unwrap(Session.class)
                .doWork(connection -> NetworkTimeouts.setLong(connection, LONG_STATEMENT));
    }

    /**
     * Deletes a short thread with all of its rows. A longer one disappears, and its rows are left to {@link
     * DeletedThreads}.
     */
    void delete(ThreadEntity entity) {
        if (entity.itemCount() <= DeletedThreads.BATCH_ITEMS && entity.byteCount() <= DeletedThreads.BATCH_BYTES) {
            repository.delete(entity);
            repository.flush();
        } else {
            repository.flush();
            repository.getEntityManager().detach(entity);
            deleted.add(entity.key(), entity.itemCount());
        }
    }

    StoredThread toStored(ThreadEntity entity) {
        return entity.toStored(defaults.modelProvider());
    }

    /**
     * Locks lazy threads, of any tenant, whose writer's lease ended before the given time; threads that others hold are
     * passed over.
     */
    public List<LockedThread> lockAbandonedLazy(Instant before, int atMost) {
        return repository.abandonedLazy(before.toEpochMilli(), atMost).stream()
                .map(entity -> new LockedThread(entity, this))
                .toList();
    }

    /** The entity's queries. */
    @ApplicationScoped
    static class Repository implements PanacheRepositoryBase<ThreadEntity, Long> {

        Optional<ThreadEntity> findLocked(String tenant, ThreadId threadId) {
            return find("tenant = ?1 and threadId = ?2", tenant, threadId.value())
                    .withLock(LockModeType.PESSIMISTIC_WRITE)
                    .firstResultOptional();
        }

        Optional<ThreadEntity> findUnlocked(String tenant, ThreadId threadId) {
            return find("tenant = ?1 and threadId = ?2", tenant, threadId.value())
                    .firstResultOptional();
        }

        List<ThreadEntity> abandonedLazy(long before, int atMost) {
            List<?> found = getEntityManager()
                    .createNativeQuery("""
                            SELECT t.* FROM thread t JOIN live_writer w ON w.thread_key = t.thread_key
                            WHERE t.lazy_since < :before AND w.expires_at < :before
                            ORDER BY t.lazy_since LIMIT :atMost FOR UPDATE SKIP LOCKED
                            """, ThreadEntity.class)
                    .setParameter("before", before)
                    .setParameter("atMost", atMost)
                    .getResultList();
            return found.stream().map(ThreadEntity.class::cast).toList();
        }
    }
}
