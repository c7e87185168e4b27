package io.threadstore.rollout;

import io.agroal.api.AgroalDataSource;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.thread.ThreadId;
import jakarta.persistence.PersistenceException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a range of a thread's items from the first to the last in pages, each with a connection for itself, or in the transaction in
 * hand if there is one. In plain SQL: a history is as many rows as a thread has items, and nothing is to be done with them but to pass
 * their texts on.
 *
 * <p>How many rows a page asks for follows from how long the last ones were. Rows that are far longer than those come without their
 * texts, which are then read one by one: so neither many long items nor one that is very long is ever in memory beside others.
 */
public final class HistoryPages {

    /** How much text a page holds: at least one item, and what comes on top of the last that still began within this. */
    private static final long PAGE_BYTES = 384 * 1024;

    private static final int PAGE_ITEMS = 1000;

    /** How much longer than others an item is that is read by itself. */
    private static final long LONG = 8;

    private static final String SELECT = """
            SELECT ordinal, recorded_at, byte_length, IF(byte_length <= ?, item, NULL) FROM rollout_item
            WHERE thread_key = ? AND ordinal >= ? AND ordinal < ? ORDER BY ordinal LIMIT ?
            """;
    private static final String SELECT_LONG = "SELECT item FROM rollout_item WHERE thread_key = ? AND ordinal = ?";

    private final AgroalDataSource dataSource;
    private final ThreadId threadId;
    private final long threadKey;
    private final long end;
    private long next;
    private long typicalBytes;

    /** @param typicalBytes how long the first items are, as a guess */
    HistoryPages(
            AgroalDataSource dataSource, ThreadId threadId, long threadKey, long from, long end, long typicalBytes) {
        this.dataSource = dataSource;
        this.threadId = threadId;
        this.threadKey = threadKey;
        this.next = from;
        this.end = end;
        this.typicalBytes = typicalBytes;
    }

    /** Whether everything has been read. */
    public boolean isEnded() {
        return next >= end;
    }

    /**
     * The next items.
     *
     * @return at least one, unless everything has been read
     * @throws ThreadStoreException {@link ErrorKind#THREAD_NOT_FOUND} if the thread was deleted meanwhile
     */
    public List<StoredItem> next() {
        if (isEnded()) {
            return List.of();
        }
        try (var connection = dataSource.getConnection()) {
            var items = read(connection);
            if (items.isEmpty()) {
                throw ThreadStoreException.threadNotFound(threadId.value());
            }
            return items;
        } catch (SQLException e) {
            throw new PersistenceException(e);
        }
    }

    private List<StoredItem> read(Connection connection) throws SQLException {
        var limit = (int) Math.max(1, Math.min(PAGE_ITEMS, PAGE_BYTES / Math.max(1, typicalBytes)));
        // alone it may be as long as it is
        var longest = limit == 1 ? Long.MAX_VALUE : PAGE_BYTES / limit * LONG;
        var items = new ArrayList<StoredItem>(limit);
        var bytes = 0L;
        try (var select = connection.prepareStatement(SELECT)) {
            bind(select, longest, limit);
            try (var row = select.executeQuery()) {
                while (bytes < PAGE_BYTES && row.next()) {
                    var length = row.getInt(3);
                    if (!items.isEmpty() && bytes + length > 2 * PAGE_BYTES) {
                        typicalBytes = length;
                        return items;
                    }
                    var ordinal = row.getLong(1);
                    var text = row.getBytes(4);
                    items.add(StoredItem.of(
                            ordinal, row.getLong(2), text == null ? readLong(connection, ordinal) : text));
                    bytes += length;
                    next = ordinal + 1;
                }
            }
        }
        typicalBytes = items.isEmpty() ? 1 : bytes / items.size();
        return items;
    }

    private void bind(PreparedStatement select, long longest, int limit) throws SQLException {
        select.setLong(1, longest);
        select.setLong(2, threadKey);
        select.setLong(3, next);
        select.setLong(4, end);
        select.setInt(5, limit);
    }

    private byte[] readLong(Connection connection, long ordinal) throws SQLException {
        try (var select = connection.prepareStatement(SELECT_LONG)) {
            select.setLong(1, threadKey);
            select.setLong(2, ordinal);
            try (var row = select.executeQuery()) {
                if (!row.next()) {
                    throw ThreadStoreException.threadNotFound(threadId.value());
                }
                return row.getBytes(1);
            }
        }
    }
}
