package io.threadstore.rollout;

import io.agroal.api.AgroalDataSource;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.page.Cursor;
import io.threadstore.page.Page;
import io.threadstore.platform.CurrentCaller;
import io.threadstore.platform.JsonText;
import io.threadstore.platform.QueryTimeouts;
import io.threadstore.platform.RunningQuery;
import io.threadstore.platform.limits.RequestMemory;
import io.threadstore.rollout.ThreadVerification.Difference;
import io.threadstore.rollout.ThreadVerification.Kind;
import io.threadstore.thread.StoredThread;
import io.threadstore.thread.TextLimits;
import io.threadstore.thread.ThreadDefaults;
import io.threadstore.thread.ThreadId;
import io.threadstore.thread.ThreadService;
import io.threadstore.thread.ThreadSummary;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Compares what is stored of threads with what their items determine: the items' places, checksums and noted types, the counters, and the
 * summary, which is made once more from the first item to the last. Changes nothing. In plain SQL: it reads what no one else does.
 *
 * <p>A thread that is being written to is compared up to the end that it had at the beginning.
 */
@ApplicationScoped
public class ThreadVerifier {

    /** From this length on, in bytes, an item's memory is counted besides what every verification holds. */
    private static final long LONG_ITEM = 256 * 1024;

    /** After so long, a page of many ends with the thread in hand. */
    private static final long PAGE_NANOS = 5_000_000_000L;

    /** What the items say nothing of. The update time is the server's, and not the items'. */
    private static final List<String> NEVER_DERIVABLE = List.of(
            "state",
            "epoch",
            "version",
            "persistence_mode",
            "created_at",
            "updated_at",
            "materialized_at",
            "archived_at");

    private static final String SELECT_ITEMS = """
            SELECT ordinal, type, subtype, byte_length, checksum, payload_offset, item FROM rollout_item
            WHERE thread_key = ? AND ordinal < ? ORDER BY ordinal
            """;
    private static final String SELECT_THREAD = """
            SELECT t.has_learned, t.epoch, w.epoch, t.next_ordinal,
                   (SELECT MAX(i.ordinal) FROM rollout_item i WHERE i.thread_key = t.thread_key)
            FROM thread t LEFT JOIN live_writer w ON w.thread_key = t.thread_key WHERE t.thread_key = ?
            """;
    private static final String SELECT_PATCHES_WITHOUT_ITEM = """
            SELECT p.ordinal FROM metadata_patch p LEFT JOIN rollout_item i ON i.thread_key = p.thread_key AND i.ordinal = p.ordinal
            WHERE p.thread_key = ? AND p.ordinal IS NOT NULL AND i.ordinal IS NULL
            """;
    private static final String SELECT_IDS = """
            SELECT thread_id FROM thread WHERE tenant = ? AND state <> 'LAZY' AND thread_id > ? ORDER BY thread_id LIMIT ?
            """;
    private static final String SELECT_FIRST_IDS = SELECT_IDS.replace(" AND thread_id > ?", "");

    private final AgroalDataSource dataSource;
    private final ThreadService threads;
    private final ThreadSummarizer summarizer;
    private final ItemReader items;
    private final ThreadDefaults defaults;
    private final CurrentCaller caller;
    private final QueryTimeouts timeouts;
    private final RunningQuery query;

    ThreadVerifier(
            AgroalDataSource dataSource,
            ThreadService threads,
            ThreadSummarizer summarizer,
            ItemReader items,
            ThreadDefaults defaults,
            CurrentCaller caller,
            QueryTimeouts timeouts,
            RunningQuery query) {
        this.dataSource = dataSource;
        this.threads = threads;
        this.summarizer = summarizer;
        this.items = items;
        this.defaults = defaults;
        this.caller = caller;
        this.timeouts = timeouts;
        this.query = query;
    }

    /**
     * Verifies a thread, archived or not.
     *
     * @throws ThreadStoreException {@link ErrorKind#THREAD_NOT_FOUND}
     */
    public ThreadVerification verify(ThreadId threadId) {
        return verifyNow(threadId);
    }

    /**
     * Verifies the threads of the caller's tenant, archived ones as well, in the order of their ids. A page ends early when it has taken
     * some seconds.
     *
     * @param limit how many threads at most, from 1
     * @param after where the page before ended; null for the first page
     */
    public Page<ThreadVerification> verify(int limit, @Nullable Cursor after) {
        var begin = System.nanoTime();
        var ids = ids(limit + 1, after);
        var verified = new ArrayList<ThreadVerification>();
        for (var i = 0; i < ids.size(); i++) {
            if (i == limit || i > 0 && System.nanoTime() - begin > PAGE_NANOS) {
                var last = ids.get(i - 1);
                return new Page<>(verified, new Cursor(last.getMostSignificantBits(), last.getLeastSignificantBits()));
            }
            try {
                verified.add(verifyNow(new ThreadId(ids.get(i))));
            } catch (ThreadStoreException e) {
                if (e.kind() != ErrorKind.THREAD_NOT_FOUND) {
                    throw e;
                }
                // deleted since
            }
        }
        return new Page<>(verified, null);
    }

    private List<UUID> ids(int limit, @Nullable Cursor after) {
        try (var connection = dataSource.getConnection();
                var select =
                        connection.prepareStatement(timeouts.limit(after == null ? SELECT_FIRST_IDS : SELECT_IDS))) {
            var parameter = 0;
            select.setString(++parameter, caller.get().tenant());
            if (after != null) {
                select.setString(++parameter, new UUID(after.sortValue(), after.key()).toString());
            }
            select.setInt(++parameter, limit);
            try (var row = select.executeQuery()) {
                var ids = new ArrayList<UUID>();
                while (row.next()) {
                    ids.add(UUID.fromString(row.getString(1)));
                }
                return ids;
            }
        } catch (SQLException e) {
            throw timeouts.explained(e, "list of threads");
        }
    }

    private ThreadVerification verifyNow(ThreadId threadId) {
        var thread = threads.requireThread(threadId, true);
        var comparison = new Comparison(thread);
        try (var connection = dataSource.getConnection()) {
            comparison.readItems(connection);
            comparison.readThread(connection);
            comparison.readPatches(connection);
        } catch (SQLException e) {
            throw timeouts.explainedVerification(e);
        }
        // one that was deleted meanwhile has lost its items, which is no fault
        threads.requireThread(threadId, true);
        return comparison.result();
    }

    /** A thread on the one hand, its items on the other. */
    private final class Comparison {

        private final StoredThread thread;
        private final LongConsumer memory = RequestMemory.ofCurrentRequest();
        private final ThreadSummary derived = new ThreadSummary();
        private final List<Difference> differences = new ArrayList<>();
        private final List<String> notDerivable = new ArrayList<>(NEVER_DERIVABLE);
        private long differenceCount;
        private long count;
        private long bytes;
        private long withoutChecksum;

        Comparison(StoredThread thread) {
            this.thread = thread;
        }

        void readItems(Connection connection) throws SQLException {
            try (var select = connection.prepareStatement(timeouts.limitVerification(SELECT_ITEMS))) {
                // one at a time: two may be as long as an item may be
                select.setFetchSize(1);
                select.setLong(1, thread.key());
                select.setLong(2, thread.nextOrdinal());
                missing(query.execute(select, this::readItems), thread.nextOrdinal());
            }
        }

        /** Returns the ordinal after the last item. */
        private long readItems(ResultSet row) throws SQLException {
            var next = 0L;
            while (row.next()) {
                var ordinal = row.getLong(1);
                missing(next, ordinal);
                next = ordinal + 1;
                readItem(ordinal, row);
            }
            return next;
        }

        private void missing(long from, long to) {
            for (var ordinal = from; ordinal < to; ordinal++) {
                if (differences.size() == ThreadVerification.MOST_DIFFERENCES) {
                    differenceCount += to - ordinal;
                    return;
                }
                differs(Kind.ITEM_MISSING, ordinal, null, null, null);
            }
        }

        private void readItem(long ordinal, ResultSet row) throws SQLException {
            var length = row.getLong(4);
            if (length > LONG_ITEM) {
                memory.accept(length * HistoryPages.LONG_ITEM_COST);
            }
            var text = JsonText.of(row.getBytes(7));
            count++;
            bytes += text.length();
            var checksum = row.getLong(5);
            if (row.wasNull()) {
                withoutChecksum++;
            } else if (checksum != text.checksum()) {
                differs(
                        Kind.ITEM_CHECKSUM,
                        ordinal,
                        "checksum",
                        "%08x".formatted(checksum),
                        "%08x".formatted(text.checksum()));
            }
            compareItem(ordinal, "byte_length", row.getString(4), Integer.toString(text.length()));
            RolloutItem item;
            try {
                item = items.reread(text);
            } catch (RuntimeException e) {
                differs(Kind.ITEM_UNREADABLE, ordinal, null, null, null);
                return;
            }
            compareItem(ordinal, "type", row.getString(2), ItemInsertion.noted(item.type()));
            compareItem(ordinal, "subtype", row.getString(3), ItemInsertion.noted(item.subtype()));
            var payloadOffset = row.getString(6);
            if (payloadOffset != null) {
                compareItem(ordinal, "payload_offset", payloadOffset, Objects.toString(item.payloadOffset(), null));
            }
            summarizer.apply(derived, thread.threadId(), item);
        }

        private void compareItem(long ordinal, String field, @Nullable String stored, @Nullable String shouldBe) {
            if (!Objects.equals(stored, shouldBe)) {
                differs(Kind.ITEM_FIELD, ordinal, field, stored, shouldBe);
            }
        }

        void readThread(Connection connection) throws SQLException {
            try (var select = connection.prepareStatement(SELECT_THREAD)) {
                select.setLong(1, thread.key());
                try (var row = select.executeQuery()) {
                    if (!row.next()) {
                        throw ThreadStoreException.threadNotFound(
                                thread.threadId().value());
                    }
                    compareThread(row.getBoolean(1));
                    var writer = row.getString(3);
                    if (writer != null && !writer.equals(row.getString(2))) {
                        differs(Kind.WRITER_EPOCH, null, "epoch", writer, row.getString(2));
                    }
                    // of the same instant, unlike the thread above, which may have grown since
                    var end = row.getLong(4);
                    var last = row.getLong(5);
                    if (!row.wasNull() && last >= end) {
                        differs(Kind.ITEM_BEYOND_END, last, null, null, null);
                    }
                }
            }
        }

        private void compareThread(boolean hasLearned) {
            compareField("item_count", thread.itemCount(), count);
            compareField("byte_count", thread.byteCount(), bytes);
            var shouldBe =
                    StoredThread.Summary.of(derived, defaults.modelProvider()).parts();
            thread.summary().parts().forEach((part, stored) -> {
                var derivedPart = Objects.requireNonNull(shouldBe.get(part));
                // an event that is not stored may be the reason for a difference, but need not have changed every part
                if (hasLearned && ThreadSummarizer.TAUGHT_PARTS.contains(part) && !stored.equals(derivedPart)) {
                    notDerivable.add(part);
                } else {
                    compareField(
                            part,
                            // releases before kept control characters of names
                            part.equals("name")
                                    ? TextLimits.cutName((String) stored.orElse(null))
                                    : stored.orElse(null),
                            derivedPart.orElse(null));
                }
            });
        }

        private void compareField(String field, @Nullable Object stored, @Nullable Object shouldBe) {
            if (!Objects.equals(stored, shouldBe)) {
                differs(
                        Kind.THREAD_FIELD,
                        null,
                        field,
                        stored == null ? null : stored.toString(),
                        shouldBe == null ? null : shouldBe.toString());
            }
        }

        void readPatches(Connection connection) throws SQLException {
            try (var select = connection.prepareStatement(timeouts.limitVerification(SELECT_PATCHES_WITHOUT_ITEM))) {
                select.setLong(1, thread.key());
                try (var row = select.executeQuery()) {
                    while (row.next()) {
                        differs(Kind.PATCH_WITHOUT_ITEM, row.getLong(1), null, null, null);
                    }
                }
            }
        }

        private void differs(
                Kind kind,
                @Nullable Long ordinal,
                @Nullable String field,
                @Nullable String stored,
                @Nullable String shouldBe) {
            differenceCount++;
            if (differences.size() < ThreadVerification.MOST_DIFFERENCES) {
                differences.add(new Difference(
                        kind,
                        ordinal,
                        field,
                        TextLimits.cut(stored, TextLimits.NAME),
                        TextLimits.cut(shouldBe, TextLimits.NAME)));
            }
        }

        ThreadVerification result() {
            return new ThreadVerification(
                    thread.threadId(), count, bytes, withoutChecksum, differences, differenceCount, notDerivable);
        }
    }
}
