package io.threadstore.rollout;

import io.quarkus.narayana.jta.QuarkusTransaction;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.Json;
import io.threadstore.platform.JsonText;
import io.threadstore.platform.Queued;
import io.threadstore.platform.RetryDeadlocks;
import io.threadstore.thread.LockedThread;
import io.threadstore.thread.MetadataPatches;
import io.threadstore.thread.PersistenceMode;
import io.threadstore.thread.ThreadId;
import io.threadstore.thread.ThreadRows;
import io.threadstore.thread.ThreadSummary;
import io.threadstore.writer.LiveWriter;
import io.threadstore.writer.LiveWriters;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Stores a spooled rollout file in one transaction. */
@ApplicationScoped
class RolloutImporter {

    /** Far above what the largest file needs; the default of a minute is not. */
    private static final int TIMEOUT_SECONDS = 6 * 3600;

    private final ThreadRows threads;
    private final LiveWriters writers;
    private final RolloutLog log;
    private final RolloutReader reader;
    private final MetadataPatches patches;
    private final ItemReader items;
    private final Json json;
    private final RolloutMetrics metrics;
    private final Clock clock;

    RolloutImporter(
            ThreadRows threads,
            LiveWriters writers,
            RolloutLog log,
            RolloutReader reader,
            MetadataPatches patches,
            ItemReader items,
            Json json,
            RolloutMetrics metrics,
            Clock clock) {
        this.threads = threads;
        this.writers = writers;
        this.log = log;
        this.reader = reader;
        this.patches = patches;
        this.items = items;
        this.json = json;
        this.metrics = metrics;
        this.clock = clock;
    }

    /** Stores it, in the transaction in hand if there is one. See {@link RolloutImportService#store}. */
    @Queued("thread")
    @RetryDeadlocks
    ImportResult store(ThreadId threadId, CheckedRollout file) {
        return QuarkusTransaction.joiningExisting().timeout(TIMEOUT_SECONDS).call(() -> {
            threads.allowLongStatements();
            try (var lines = new ItemsAhead(file.open())) {
                var thread = threads.findLocked(threadId).orElse(null);
                if (thread == null || !endWriter(thread)) {
                    return storeNew(newThread(threadId, lines, true), lines, true);
                }
                var pages = reader.pagesInTransaction(thread.toStored(), 0, thread.nextOrdinal());
                return goOn(thread, new Stored(pages, patches.ordinals(thread)), lines, true);
            } catch (IOException e) {
                throw new UncheckedIOException("the spooled rollout file is not readable", e);
            }
        });
    }

    /** Ends a writer whose lease has ended, as a shutdown does. Returns whether anything is left of the thread. */
    private boolean endWriter(LockedThread thread) {
        var writer = writers.find(thread.key());
        if (writer.isEmpty()) {
            return true;
        }
        requireEnded(thread, writer.get());
        if (isEmptyAndLazy(thread)) {
            thread.delete();
            return false;
        }
        log.materialize(thread, clock.instant());
        writers.close(thread);
        return true;
    }

    private void requireEnded(LockedThread thread, LiveWriter writer) {
        if (writers.isWithinLease(writer)) {
            throw LiveWriters.alreadyLive(thread, writer);
        }
    }

    private static boolean isEmptyAndLazy(LockedThread thread) {
        return thread.isLazy() && !thread.holdsItems();
    }

    /**
     * Answers as {@link #store} would, and changes nothing. While the file is compared no transaction is open, which
     * the database would end, and no connection is held.
     */
    ImportResult rehearse(ThreadId threadId, CheckedRollout file) {
        var seen = QuarkusTransaction.requiringNew().call(() -> see(threadId));
        try (var lines = new ItemsAhead(file.open())) {
            if (seen == null) {
                return storeNew(newThread(threadId, lines, false), lines, false);
            }
            try (seen) {
                return goOn(seen.thread(), seen.stored(), lines, false);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the spooled rollout file is not readable", e);
        }
    }

    /** A thread as the import would find it once it has ended its writer; null if there would be none. */
    private @Nullable Seen see(ThreadId threadId) {
        var thread = threads.findCopy(threadId).orElse(null);
        if (thread == null) {
            return null;
        }
        writers.find(thread.key()).ifPresent(writer -> requireEnded(thread, writer));
        if (isEmptyAndLazy(thread)) {
            return null;
        }
        var stored = new Stored(
                reader.pages(thread.toStored(), thread.isLazy() ? 1 : 0, thread.nextOrdinal()),
                patches.ordinals(thread));
        if (thread.isLazy()) {
            // item 0 is not stored yet
            var first = log.show(thread, clock.instant());
            stored.begin(new StoredItem(0, thread.createdAt(), first.text(), first.payloadOffset()));
        }
        return new Seen(thread, stored);
    }

    /** A thread that is only compared with a file. */
    private record Seen(LockedThread thread, Stored stored) implements AutoCloseable {

        @Override
        public void close() {
            stored.close();
        }
    }

    private LockedThread newThread(ThreadId threadId, ItemsAhead lines, boolean isStored) throws IOException {
        var now = clock.instant();
        var first = lines.peek();
        if (first == null) {
            throw new IllegalStateException("a spooled rollout file has at least one line");
        }
        var createdAt = createdAt(first, now);
        return isStored
                ? threads.insert(threadId, PersistenceMode.LIMITED, createdAt, now, new ThreadSummary())
                : threads.copyOfNew(threadId, PersistenceMode.LIMITED, createdAt, now, new ThreadSummary());
    }

    private ImportResult storeNew(LockedThread thread, ItemsAhead lines, boolean isStored) throws IOException {
        var appended = append(thread, lines.next(), lines, isStored);
        return new ImportResult(thread.toStored(), true, appended, 0);
    }

    private ImportResult goOn(LockedThread thread, Stored stored, ItemsAhead lines, boolean isStored)
            throws IOException {
        var replayed = 0L;
        var line = lines.next();
        for (; line != null; line = lines.next()) {
            var ordinal = stored.match(line.text());
            if (ordinal == Stored.END) {
                break;
            }
            if (ordinal >= 0) {
                throw ThreadStoreException.ordinalConflict(
                                thread.threadId().value(),
                                ordinal,
                                thread.nextOrdinal(),
                                "the file differs from what is stored at ordinal " + ordinal)
                        .atLine(lines.number());
            }
            replayed++;
        }
        var appended = append(thread, line, lines, isStored);
        return new ImportResult(thread.toStored(), false, appended, replayed);
    }

    /** Appends this item and those that follow it. Returns how many they were. */
    private long append(LockedThread thread, @Nullable RolloutItem first, ItemsAhead lines, boolean isStored)
            throws IOException {
        var now = clock.instant();
        var bytesBefore = thread.toStored().byteCount();
        var appending = log.begin(thread, now, isStored);
        for (var item = first; item != null; item = lines.next()) {
            appending.add(item, recordedAt(item, now));
        }
        var appended = appending.end();
        if (isStored && appended > 0) {
            metrics.appended(appended, thread.toStored().byteCount() - bytesBefore);
        }
        return appended;
    }

    private Instant createdAt(RolloutItem sessionMeta, Instant now) {
        var timestamp =
                Members.of(json, sessionMeta.payload(), Set.of("timestamp")).text("timestamp");
        var stated = timestamp == null ? null : ItemReader.parseTime(timestamp);
        return stated == null ? recordedAt(sessionMeta, now) : stated;
    }

    private static Instant recordedAt(RolloutItem item, Instant now) {
        return item.timestamp() == null ? now : item.timestamp();
    }

    /** The stored items, compared one by one with a file's. */
    private final class Stored implements AutoCloseable {

        /** All stored items have been matched. */
        static final long END = -1;

        private static final long MATCHED = -2;

        private final HistoryPages pages;
        private final Set<Long> patched;
        private final Deque<StoredItem> page = new ArrayDeque<>();

        Stored(HistoryPages pages, Set<Long> patched) {
            this.pages = pages;
            this.patched = patched;
        }

        /**
         * Compares a line of the file with the next stored item. Items that a patch appended here are passed over, unless the
         * file holds them.
         *
         * @return the ordinal at which they differ, {@link #END} if nothing is stored there, or another negative number
         */
        long match(JsonText line) {
            for (var item = peek(); item != null; item = peek()) {
                page.remove();
                if (item.text().trimmed().sameAs(line.trimmed())
                        || ExportedLine.of(item, items).trimmed().sameAs(line.trimmed())) {
                    return MATCHED;
                }
                if (!patched.contains(item.ordinal())) {
                    return item.ordinal();
                }
            }
            return END;
        }

        /** An item that comes before those that are stored. */
        void begin(StoredItem first) {
            page.add(first);
        }

        private @Nullable StoredItem peek() {
            if (page.isEmpty()) {
                page.addAll(pages.next());
                // lines are parsed before the next page is needed
                pages.pause();
            }
            return page.peek();
        }

        @Override
        public void close() {
            pages.close();
        }
    }
}
