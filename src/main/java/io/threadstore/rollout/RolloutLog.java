package io.threadstore.rollout;

import io.threadstore.rollout.RolloutItemRepository.NewItem;
import io.threadstore.thread.LockedThread;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Stores items at the end of a locked thread, in the caller's transaction, and keeps the thread's summary and counters with
 * them. Applies no policy and asks for no writer: that is for those who call.
 */
@ApplicationScoped
public class RolloutLog {

    private static final int BATCH_ITEMS = 1000;
    private static final long BATCH_BYTES = 2 * 1024 * 1024;

    private final RolloutItemRepository repository;
    private final ThreadSummarizer summarizer;
    private final ItemReader items;
    private final SessionMeta sessionMetas;

    RolloutLog(
            RolloutItemRepository repository, ThreadSummarizer summarizer, ItemReader items, SessionMeta sessionMetas) {
        this.repository = repository;
        this.summarizer = summarizer;
        this.items = items;
        this.sessionMetas = sessionMetas;
    }

    /**
     * Stores items.
     *
     * @return the ordinal of the first
     */
    public long append(LockedThread thread, List<RolloutItem> newItems, Instant now) {
        var first = thread.nextOrdinal();
        var appending = begin(thread, now, true);
        newItems.forEach(item -> appending.add(item, now));
        appending.end();
        return first;
    }

    /** Makes a lazy thread visible: its {@code session_meta} takes the ordinal 0 that was kept for it. */
    public void materialize(LockedThread thread, Instant now) {
        if (thread.isLazy()) {
            var sessionMeta = show(thread, now);
            repository.insert(thread.key(), List.of(new NewItem(0, thread.createdAt(), sessionMeta)));
        }
    }

    /** Makes a lazy thread visible and counts its {@code session_meta}, which the caller stores as item 0. */
    RolloutItem show(LockedThread thread, Instant now) {
        var waiting = items.reread(thread.pendingSessionMeta().orElseThrow());
        var sessionMeta = sessionMetas.completed(waiting, thread.summary());
        thread.materialize(now);
        thread.grow(1, sessionMeta.text().length(), thread.nextOrdinal(), now);
        return sessionMeta;
    }

    /**
     * Applies what a lazy thread's {@code session_meta} says to its summary; it is stored when the thread is
     * materialised.
     */
    public void expect(LockedThread thread, RolloutItem sessionMeta) {
        summarizer.apply(thread.summary(), thread.threadId(), sessionMeta);
    }

    /** Applies what an item says to the summary of a thread that does not store it. */
    public void learn(LockedThread thread, RolloutItem item) {
        var before = thread.toStored().summary();
        summarizer.apply(thread.summary(), thread.threadId(), item);
        if (!thread.toStored().summary().equals(before)) {
            thread.learned();
        }
    }

    /** The thread's first {@code session_meta}, which is the one that counts. */
    public Optional<RolloutItem> firstSessionMeta(LockedThread thread) {
        return repository.first(thread.key(), RolloutItem.SESSION_META).map(stored -> items.reread(stored.text()));
    }

    /**
     * Begins to store items one by one.
     *
     * @param stored false only counts and summarises, for a rehearsal
     */
    Appending begin(LockedThread thread, Instant now, boolean stored) {
        return new Appending(thread, now, stored);
    }

    /** Items on their way into a thread; memory is bounded by a batch. */
    final class Appending {

        private final LockedThread thread;
        private final Instant now;
        private final boolean stored;
        private final List<NewItem> batch = new ArrayList<>();
        private long batchBytes;
        private long nextOrdinal;
        private long count;
        private long bytes;

        private Appending(LockedThread thread, Instant now, boolean stored) {
            this.thread = thread;
            this.now = now;
            this.stored = stored;
            this.nextOrdinal = thread.nextOrdinal();
        }

        void add(RolloutItem item, Instant recordedAt) {
            summarizer.apply(thread.summary(), thread.threadId(), item);
            var length = item.text().length();
            if (stored) {
                if (batch.size() == BATCH_ITEMS || !batch.isEmpty() && batchBytes + length > BATCH_BYTES) {
                    insertBatch();
                }
                batch.add(new NewItem(nextOrdinal, recordedAt, item));
                batchBytes += length;
            }
            nextOrdinal++;
            count++;
            bytes += length;
        }

        /**
         * Stores what is left and counts it all.
         *
         * @return how many items came
         */
        long end() {
            insertBatch();
            if (count > 0) {
                thread.grow(count, bytes, nextOrdinal, now);
            }
            return count;
        }

        private void insertBatch() {
            if (!batch.isEmpty()) {
                repository.insert(thread.key(), batch);
                batch.clear();
                batchBytes = 0;
            }
        }
    }
}
