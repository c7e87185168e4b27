package io.threadstore.idempotency;

import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
import io.quarkus.narayana.jta.runtime.TransactionConfiguration;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.CurrentCaller;
import io.threadstore.platform.Queued;
import io.threadstore.platform.RetryDeadlocks;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.time.Clock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Does a request once, and answers it as often as it comes. */
@ApplicationScoped
public class IdempotencyService {

    /** As long as the longest of the requests that have keys, the import of a file, may take. */
    private static final int TIMEOUT_SECONDS = 6 * 3600;

    private final Repository repository;
    private final IdempotencySettings settings;
    private final CurrentCaller caller;
    private final Clock clock;

    IdempotencyService(Repository repository, IdempotencySettings settings, CurrentCaller caller, Clock clock) {
        this.repository = repository;
        this.settings = settings;
        this.caller = caller;
        this.clock = clock;
    }

    /**
     * Does the work unless this caller has had it done under this key, and keeps its answer in the work's own transaction: both are there
     * or neither is, whatever happens in between. The key's row is written first, so that the same request at the same time waits for
     * this one. Work that fails keeps nothing; the next request with the key is a new one.
     *
     * @param key the caller's, at most 255 characters
     * @param fingerprint 32 bytes that tell this request from others
     * @param work joins the transaction in hand
     * @throws ThreadStoreException {@link ErrorKind#IDEMPOTENCY_KEY_REUSED} if the key came with another request before
     */
    @Queued("Idempotency-Key")
    @RetryDeadlocks
    @Transactional
    @TransactionConfiguration(timeout = TIMEOUT_SECONDS)
    public FirstAnswer once(String key, byte[] fingerprint, Supplier<FirstAnswer> work) {
        var id = new IdempotencyKeyEntity.Key(caller.get(), key);
        var now = clock.instant();
        var known = repository.findById(id);
        if (known != null && known.isOlderThan(now.minus(settings.keep()))) {
            known = repository.replaceOlder(
                    id, known, now.minus(settings.keep()).toEpochMilli());
        }
        if (known != null) {
            if (!known.isFor(fingerprint)) {
                throw ThreadStoreException.of(
                        ErrorKind.IDEMPOTENCY_KEY_REUSED, "this Idempotency-Key came with another request before");
            }
            return known.replay();
        }
        var row = new IdempotencyKeyEntity(id, fingerprint, now);
        repository.persistAndFlush(row);
        var answer = work.get();
        row.keep(answer);
        return answer;
    }

    /**
     * Forgets answers that are older than they are kept, of any caller.
     *
     * @return how many; less than {@code atMost} if no more are left
     */
    @RetryDeadlocks
    @Transactional
    public int forget(int atMost) {
        return repository.deleteOlder(clock.instant().minus(settings.keep()).toEpochMilli(), atMost);
    }

    /** The entity's queries. */
    @ApplicationScoped
    static class Repository implements PanacheRepositoryBase<IdempotencyKeyEntity, IdempotencyKeyEntity.Key> {

        /**
         * Deletes a row that has expired, unless another request has replaced it meanwhile.
         *
         * @return the row that is there instead; null if there is none
         */
        @Nullable
        IdempotencyKeyEntity replaceOlder(IdempotencyKeyEntity.Key id, IdempotencyKeyEntity old, long time) {
            getEntityManager().detach(old);
            var deleted = getEntityManager()
                    .createNativeQuery("""
                            DELETE FROM idempotency_key
                            WHERE tenant = :tenant AND subject = :subject AND idempotency_key = :key AND created_at < :time
                            """)
                    .setParameter("tenant", id.tenant())
                    .setParameter("subject", id.subject())
                    .setParameter("key", id.idempotencyKey())
                    .setParameter("time", time)
                    .executeUpdate();
            return deleted == 0 ? findById(id) : null;
        }

        int deleteOlder(long time, int atMost) {
            return getEntityManager()
                    .createNativeQuery(
                            "DELETE FROM idempotency_key WHERE created_at < :time ORDER BY created_at LIMIT :atMost")
                    .setParameter("time", time)
                    .setParameter("atMost", atMost)
                    .executeUpdate();
        }
    }
}
