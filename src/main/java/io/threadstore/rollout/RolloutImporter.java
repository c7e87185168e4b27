package io.threadstore.rollout;

import io.quarkus.narayana.jta.QuarkusTransaction;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.Json;
import io.threadstore.platform.JsonText;
import io.threadstore.platform.RetryDeadlocks;
import io.threadstore.thread.LockedThread;
import io.threadstore.thread.MetadataPatches;
import io.threadstore.thread.PersistenceMode;
import io.threadstore.thread.ThreadId;
import io.threadstore.thread.ThreadRows;
import io.threadstore.thread.ThreadSummary;
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
    @RetryDeadlocks
    ImportResult store(ThreadId threadId, CheckedRollout file) {
        return QuarkusTransaction.joiningExisting().timeout(TIMEOUT_SECONDS).call(() -> store(threadId, file, false));
    }

    /** Does the same and undoes it. */
    @RetryDeadlocks
    ImportResult rehearse(ThreadId threadId, CheckedRollout file) {
        QuarkusTransaction.begin(QuarkusTransaction.beginOptions().timeout(TIMEOUT_SECONDS));
        try {
            return store(threadId, file, true);
        } finally {
            QuarkusTransaction.rollback();
        }
    }

    private ImportResult store(ThreadId threadId, CheckedRollout file, boolean dryRun) {
        threads.allowLongStatements();
        try (var lines = new ItemsAhead(file.open())) {
            var stored = threads.findLocked(threadId);
            return stored.isPresent() ? goOn(stored.get(), lines, dryRun) : storeNew(threadId, lines, dryRun);
        } catch (IOException e) {
            throw new UncheckedIOException("the spooled rollout file is not readable", e);
        }
    }

    private ImportResult storeNew(ThreadId threadId, ItemsAhead lines, boolean dryRun) throws IOException {
        var now = clock.instant();
        var first = lines.next();
        if (first == null) {
            throw new IllegalStateException("a spooled rollout file has at least one line");
        }
        var thread = threads.insert(threadId, PersistenceMode.LIMITED, createdAt(first, now), now, new ThreadSummary());
        var appending = log.begin(thread, now, !dryRun);
        for (var item = first; item != null; item = lines.next()) {
            appending.add(item, recordedAt(item, now));
        }
        var appended = appending.end();
        metrics.appended(appended, thread.toStored().byteCount());
        return new ImportResult(thread.toStored(), true, appended, 0);
    }

    private ImportResult goOn(LockedThread thread, ItemsAhead lines, boolean dryRun) throws IOException {
        var writer = writers.find(thread.key());
        if (writer.isPresent()) {
            throw LiveWriters.alreadyLive(thread, writer.get());
        }
        var now = clock.instant();
        var bytesBefore = thread.toStored().byteCount();
        var stored = new Stored(thread, patches.ordinals(thread));
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
        var appending = log.begin(thread, now, !dryRun);
        for (; line != null; line = lines.next()) {
            appending.add(line, recordedAt(line, now));
        }
        var appended = appending.end();
        if (appended > 0) {
            metrics.appended(appended, thread.toStored().byteCount() - bytesBefore);
        }
        return new ImportResult(thread.toStored(), false, appended, replayed);
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
    private final class Stored {

        /** All stored items have been matched. */
        static final long END = -1;

        private static final long MATCHED = -2;

        private final HistoryPages pages;
        private final Set<Long> patched;
        private final Deque<StoredItem> page = new ArrayDeque<>();

        Stored(LockedThread thread, Set<Long> patched) {
            this.pages = reader.pagesInTransaction(thread.toStored(), 0, thread.nextOrdinal());
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

        private @Nullable StoredItem peek() {
            if (page.isEmpty()) {
                page.addAll(pages.next());
            }
            return page.peek();
        }
    }
}
