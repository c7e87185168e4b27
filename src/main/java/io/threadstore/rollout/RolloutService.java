package io.threadstore.rollout;

import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.CurrentCaller;
import io.threadstore.thread.PersistenceMode;
import io.threadstore.thread.ThreadId;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.PersistenceException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Appends rollout items: all or none, durable and readable when acknowledged, exactly once where the caller says where. */
@ApplicationScoped
public class RolloutService {

    /** Far beyond the time limits of {@link AppendGroups}: no request waits for ever, whatever fails. */
    private static final int MAX_WAIT_SECONDS = 60;

    private final AppendGroups groups;
    private final AppendRows rows;
    private final RowLookUps lookUps;
    private final LoneAppendService alone;
    private final RolloutMetrics metrics;
    private final CurrentCaller caller;

    RolloutService(
            AppendGroups groups,
            AppendRows rows,
            RowLookUps lookUps,
            LoneAppendService alone,
            RolloutMetrics metrics,
            CurrentCaller caller) {
        this.groups = groups;
        this.rows = rows;
        this.lookUps = lookUps;
        this.alone = alone;
        this.metrics = metrics;
        this.caller = caller;
    }

    /**
     * Appends what the writer's persistence policy keeps.
     *
     * <p>With an expected ordinal e and the thread's next ordinal n: e = n appends; e &lt; n with the very same items stored
     * from e on is a replay, answered as the first time; anything else is a conflict.
     *
     * <p>Appends that come at the same time share a transaction where they are plain ones; every other, and every refusal, is left to
     * {@link LoneAppendService}.
     *
     * @param epoch the caller's writer; null means the current one
     * @throws ThreadStoreException {@link ErrorKind#THREAD_NOT_FOUND}, {@link ErrorKind#THREAD_NOT_LIVE},
     *     {@link ErrorKind#WRITER_FENCED}, {@link ErrorKind#ORDINAL_CONFLICT}
     */
    public AppendResult append(ThreadId threadId, @Nullable Long epoch, AppendItems append) {
        var tenant = caller.get().tenant();
        if (mayBeDropped(append)) {
            var key = new AppendRows.Key(tenant, threadId);
            var dropped = drop(Optional.ofNullable(rows.find(List.of(key)).get(key)), epoch, append);
            if (dropped.isPresent()) {
                return dropped.get();
            }
        }
        var timing = metrics.begin();
        var result = store(tenant, threadId, epoch, append);
        if (result.appended() > 0) {
            metrics.took(timing);
        }
        return result;
    }

    private static boolean mayBeDropped(AppendItems append) {
        return !mayKeep(PersistenceMode.LIMITED, append)
                && append.items().stream().noneMatch(ThreadSummarizer::teaches);
    }

    /** What there is to say of an append that changes nothing; empty if it may. */
    private static Optional<AppendResult> drop(Optional<AppendRow> seen, @Nullable Long epoch, AppendItems append) {
        return seen.filter(row -> row.isWrittenBy(epoch) && !mayKeep(row.mode(), append))
                .map(row -> new AppendResult(
                        null, row.nextOrdinal(), 0, append.items().size(), false));
    }

    /**
     * Appends while the caller's thread does something else, where that is possible: where it is a plain append, which can share a
     * transaction, or one whose items are all dropped. It is for callers that may not wait, and says nothing of why it was not done; {@link #append} does.
     *
     * @param tenant whose thread it is; no request has to be in hand
     * @return empty if nothing was done, and {@link #append} has to be asked. It is completed on a thread that must not be kept; exceptionally where the
     *     outcome is unknown
     */
    public CompletionStage<Optional<AppendResult>> offer(
            String tenant, ThreadId threadId, @Nullable Long epoch, AppendItems append) {
        if (mayBeDropped(append)) {
            return lookUps.find(new AppendRows.Key(tenant, threadId))
                    .thenApply(seen -> drop(seen, epoch, append))
                    // nothing was done: whoever asks again hears why
                    .exceptionally(failure -> Optional.empty());
        }
        if (!mayKeep(PersistenceMode.LIMITED, append)) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        var timing = metrics.begin();
        return share(tenant, threadId, epoch, append).thenApply(result -> {
            result.ifPresent(stored -> metrics.took(timing));
            return result;
        });
    }

    private AppendResult store(String tenant, ThreadId threadId, @Nullable Long epoch, AppendItems append) {
        try {
            // also by who is interrupted: what has been sent can't be called back
            return share(tenant, threadId, epoch, append)
                    .toCompletableFuture()
                    .orTimeout(MAX_WAIT_SECONDS, TimeUnit.SECONDS)
                    .join()
                    .orElseGet(() -> alone.append(threadId, epoch, append));
        } catch (CompletionException e) {
            var cause = e.getCause();
            if (cause instanceof ThreadStoreException ours) {
                throw ours;
            }
            throw cause instanceof TimeoutException
                    ? AppendGroups.outcomeUnknown(cause)
                    : new PersistenceException(cause);
        }
    }

    private CompletionStage<Optional<AppendResult>> share(
            String tenant, ThreadId threadId, @Nullable Long epoch, AppendItems append) {
        return groups.offer(tenant, threadId, epoch, append)
                .thenApply(shared -> shared.map(stored -> {
                    metrics.committed(tenant, stored);
                    return stored.result();
                }));
    }

    private static boolean mayKeep(PersistenceMode mode, AppendItems append) {
        return append.items().stream().anyMatch(item -> PersistencePolicy.keeps(mode, item));
    }
}
