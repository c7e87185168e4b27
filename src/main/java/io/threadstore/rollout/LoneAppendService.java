package io.threadstore.rollout;

import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.Queued;
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

/** Appends in a transaction of its own: all that an append can be, and what each refusal is. */
@ApplicationScoped
public class LoneAppendService {

    private final ThreadRows threads;
    private final LiveWriters writers;
    private final RolloutLog log;
    private final RolloutReader reader;
    private final RolloutMetrics metrics;
    private final Clock clock;

    LoneAppendService(
            ThreadRows threads,
            LiveWriters writers,
            RolloutLog log,
            RolloutReader reader,
            RolloutMetrics metrics,
            Clock clock) {
        this.threads = threads;
        this.writers = writers;
        this.log = log;
        this.reader = reader;
        this.metrics = metrics;
        this.clock = clock;
    }

    /** As {@link RolloutService#append}. */
    @Queued("thread")
    @RetryDeadlocks
    @Transactional
    public AppendResult append(ThreadId threadId, @Nullable Long epoch, AppendItems append) {
        var thread = threads.lock(threadId);
        var mode = writers.require(thread, epoch).persistenceMode();
        var kept = append.items().stream()
                .filter(item -> PersistencePolicy.keeps(mode, item))
                .toList();
        var dropped = append.items().size() - kept.size();
        var expected = append.expectedOrdinal();
        var isAtEnd = expected == null || expected == thread.nextOrdinal();
        if (kept.isEmpty()) {
            // at another ordinal it may have come before, and what came after it must not be undone
            if (isAtEnd) {
                learn(thread, append.items());
            }
            return new AppendResult(null, thread.nextOrdinal(), 0, dropped, false);
        }
        writers.renew(thread);
        if (!isAtEnd) {
            return replay(thread, expected, kept, dropped);
        }
        var first = store(thread, append.items(), mode);
        metrics.appended(kept);
        return new AppendResult(first, thread.nextOrdinal(), kept.size(), dropped, false);
    }

    private void learn(LockedThread thread, List<RolloutItem> dropped) {
        dropped.stream().filter(ThreadSummarizer::teaches).forEach(item -> log.learn(thread, item));
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
        var done = 0;
        for (var pages = reader.pagesInTransaction(thread.toStored(), first, first + items.size());
                !pages.isEnded(); ) {
            for (var stored : pages.next()) {
                if (stored.ordinal() != first + done
                        || !stored.text().sameAs(items.get(done).text())) {
                    return false;
                }
                done++;
            }
        }
        return done == items.size();
    }
}
