package io.threadstore.rollout;

import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.RetryDeadlocks;
import io.threadstore.thread.LockedThread;
import io.threadstore.thread.PersistenceMode;
import io.threadstore.thread.ThreadId;
import io.threadstore.thread.ThreadRows;
import io.threadstore.writer.LiveWriters;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.time.Clock;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Appends rollout items: one transaction each, durable and readable when acknowledged, exactly once where the caller says where. */
@ApplicationScoped
public class RolloutService {

    private final ThreadRows threads;
    private final LiveWriters writers;
    private final RolloutLog log;
    private final RolloutItemRepository repository;
    private final RolloutMetrics metrics;
    private final Clock clock;

    RolloutService(
            ThreadRows threads,
            LiveWriters writers,
            RolloutLog log,
            RolloutItemRepository repository,
            RolloutMetrics metrics,
            Clock clock) {
        this.threads = threads;
        this.writers = writers;
        this.log = log;
        this.repository = repository;
        this.metrics = metrics;
        this.clock = clock;
    }

    /**
     * Appends what the writer's persistence policy keeps.
     *
     * <p>With an expected ordinal e and the thread's next ordinal n: e = n appends; e &lt; n with the very same items stored
     * from e on is a replay, answered as the first time; anything else is a conflict.
     *
     * @param epoch the caller's writer; null means the current one
     * @throws ThreadStoreException {@link ErrorKind#THREAD_NOT_FOUND}, {@link ErrorKind#THREAD_NOT_LIVE},
     *     {@link ErrorKind#WRITER_FENCED}, {@link ErrorKind#ORDINAL_CONFLICT}
     */
    @RetryDeadlocks
    @Transactional
    public AppendResult append(ThreadId threadId, @Nullable Long epoch, AppendItems append) {
        var teachesSome = append.items().stream().anyMatch(ThreadSummarizer::teaches);
        if (!teachesSome && !mayKeep(PersistenceMode.LIMITED, append)) {
            var seen = requireWriter(threadId, epoch);
            if (!mayKeep(seen.mode(), append)) {
                return new AppendResult(
                        null, seen.nextOrdinal(), 0, append.items().size(), false);
            }
        }
        var timing = metrics.begin();
        var thread = threads.lock(threadId);
        var mode = writers.require(thread, epoch).persistenceMode();
        var kept = append.items().stream()
                .filter(item -> PersistencePolicy.keeps(mode, item))
                .toList();
        var dropped = append.items().size() - kept.size();
        if (kept.isEmpty()) {
            learn(thread, append.items());
            return new AppendResult(null, thread.nextOrdinal(), 0, dropped, false);
        }
        writers.renew(thread);
        var expected = append.expectedOrdinal();
        if (expected != null && expected != thread.nextOrdinal()) {
            return replay(thread, expected, kept, dropped);
        }
        var first = store(thread, append.items(), mode);
        metrics.appended(kept, timing);
        return new AppendResult(first, thread.nextOrdinal(), kept.size(), dropped, false);
    }

    private static boolean mayKeep(PersistenceMode mode, AppendItems append) {
        return append.items().stream().anyMatch(item -> PersistencePolicy.keeps(mode, item));
    }

    /** The writer and the next ordinal, seen without a lock. */
    private Seen requireWriter(ThreadId threadId, @Nullable Long epoch) {
        var thread = threads.find(threadId).orElseThrow(() -> ThreadStoreException.threadNotFound(threadId.value()));
        var writer = writers.check(threadId.value(), writers.peek(thread.key()).orElse(null), epoch);
        return new Seen(writer.persistenceMode(), thread.nextOrdinal());
    }

    private record Seen(PersistenceMode mode, long nextOrdinal) {}

    private void learn(LockedThread thread, List<RolloutItem> dropped) {
        var before = thread.toStored().summary();
        dropped.stream().filter(ThreadSummarizer::teaches).forEach(item -> log.learn(thread, item));
        if (!thread.toStored().summary().equals(before)) {
            thread.changed();
        }
    }

    /** Stores what is kept and learns, in order, from what is not. */
    private long store(LockedThread thread, List<RolloutItem> items, PersistenceMode mode) {
        var now = clock.instant();
        var first = thread.nextOrdinal();
        var appending = log.begin(thread, now, true);
        for (var item : items) {
            if (PersistencePolicy.keeps(mode, item)) {
                appending.add(item, now);
            } else if (ThreadSummarizer.teaches(item)) {
                log.learn(thread, item);
            }
        }
        appending.end();
        return first;
    }

    private AppendResult replay(LockedThread thread, long expected, List<RolloutItem> kept, int dropped) {
        var end = expected + kept.size();
        if (end > thread.nextOrdinal() || !isStoredAt(thread, expected, kept)) {
            throw ThreadStoreException.ordinalConflict(thread.threadId().value(), expected, thread.nextOrdinal());
        }
        return new AppendResult(expected, end, 0, dropped, true);
    }

    private boolean isStoredAt(LockedThread thread, long first, List<RolloutItem> items) {
        for (var done = 0; done < items.size(); ) {
            var window = Window.of(thread.key(), first + done, first + items.size());
            var slice = repository.slice(window, RolloutReader.PAGE_ITEMS, RolloutReader.PAGE_BYTES);
            for (var stored : slice.items()) {
                if (stored.ordinal() != first + done
                        || !stored.text().sameAs(items.get(done).text())) {
                    return false;
                }
                done++;
            }
            if (slice.items().isEmpty()) {
                return false;
            }
        }
        return true;
    }
}
