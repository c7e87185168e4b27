package io.threadstore.rollout;

import io.agroal.api.AgroalDataSource;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.JsonText;
import io.threadstore.platform.limits.RequestMemory;
import io.threadstore.thread.ThreadId;
import jakarta.persistence.PersistenceException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Reads a range of a thread's items from the first to the last in pages. In plain SQL: a history is as many rows as a
 * thread has items, and nothing is to be done with them but to pass their texts on.
 *
 * <p>Pages are read in the transaction in hand if there is one. Else a few of them come from one statement, whose rows
 * the database sends on while they are being read; its connection is held from page to page, until the last of them or
 * {@link #pause}.
 *
 * <p>A statement's window is bounded in bytes, whatever the items are like: the database adds up the lengths of its
 * rows, and those beyond
 * the bound come without their texts. The next window begins at the first of them. An item that is longer than the
 * bound is alone in its window. So no statement is ever executed on a connection whose last result is still being read,
 * which would make the driver read the rest of that result into the heap.
 */
public final class HistoryPages implements ItemSource {

    private static final Logger LOG = Logger.getLogger(HistoryPages.class);

    /**
     * How much text a page holds: at least one item, and what comes on top of the last that still began within this.
     */
    private static final long PAGE_BYTES = 256 * 1024;

    private static final int PAGE_ITEMS = 1000;

    /**
     * From how many pages on it does not pay any more to ask for more at once. A window has that much text at most: 4
     * MiB.
     */
    private static final int MOST_PAGES = 16;

    /** What a long item takes for each byte: in the driver, its text, and what it is converted to. */
    static final int LONG_ITEM_COST = 3;

    /** How many rows the driver takes from the wire at once. */
    private static final int FETCH_ITEMS = 64;

    private static final int TEXT = 4;

    private static final long NO_ORDINAL = -1;

    /**
     * The variable is the sum of the lengths so far. The primary key gives the rows in their order, so it is computed
     * in that order. If it ever were not, more texts would be missing and would be read by the next windows.
     */
    private static final String SELECT = """
            SELECT ordinal, recorded_at, payload_offset,
                   IF((@window_bytes := IF(ordinal = ?, 0, @window_bytes) + byte_length) <= ? OR ordinal = ?, item, NULL),
                   byte_length
            FROM rollout_item WHERE thread_key = ? AND ordinal >= ? AND ordinal < ? ORDER BY ordinal LIMIT ?
            """;

    /** For a range with no more text than one page: nothing has to be added up, and no item is a long one. */
    private static final String SELECT_SHORT = """
            SELECT ordinal, recorded_at, payload_offset, item
            FROM rollout_item WHERE thread_key = ? AND ordinal >= ? AND ordinal < ? ORDER BY ordinal LIMIT ?
            """;

    private final AgroalDataSource dataSource;
    private final ThreadId threadId;
    private final long threadKey;
    private final long end;
    private final boolean isShort;
    private final boolean isStreamed;
    private final TextMemory memory = new TextMemory();
    private final LongConsumer reservation = RequestMemory.ofCurrentRequest();
    private long next;
    private long typicalBytes;
    private int pages = 1;
    private @Nullable Window window;

    /** The length of the next item in bytes, if it is too long for a window with others; else 0. */
    private long longItem;

    /**
     * @param maxBytes how much text the range has at most
     * @param typicalBytes how long the first items are, as a guess
     * @param isStreamed false if there is a transaction in hand, whose connection others use, too
     */
    HistoryPages(
            AgroalDataSource dataSource,
            ThreadId threadId,
            long threadKey,
            long from,
            long end,
            long maxBytes,
            long typicalBytes,
            boolean isStreamed) {
        this.dataSource = dataSource;
        this.threadId = threadId;
        this.threadKey = threadKey;
        this.next = from;
        this.end = end;
        this.isShort = maxBytes <= PAGE_BYTES;
        this.typicalBytes = Math.max(1, typicalBytes);
        this.isStreamed = isStreamed;
    }

    @Override
    public boolean isEnded() {
        return next >= end;
    }

    @Override
    public long bytesLeft(int around) {
        return (end - next) * (typicalBytes + around);
    }

    /**
     * The next items.
     *
     * @return at least one, unless everything has been read
     * @throws ThreadStoreException {@link ErrorKind#THREAD_NOT_FOUND} if the thread was deleted meanwhile
     */
    public List<StoredItem> next() {
        var items = new ArrayList<StoredItem>();
        read(items::add, row -> {
            var text = row.getBytes(TEXT);
            return text == null ? null : JsonText.of(text);
        });
        return items;
    }

    /**
     * As {@link #next}, with all texts in the same memory: an array for each would be as much garbage as a history has
     * text.
     */
    @Override
    public void passOn(Consumer<StoredItem> taker) {
        try {
            read(taker, row -> memory.read(row, TEXT));
        } finally {
            memory.endPage();
        }
    }

    private void read(Consumer<StoredItem> taker, TextReader texts) {
        if (isEnded()) {
            return;
        }
        try {
            var isRead = window != null && read(window, taker, texts);
            while (!isRead) {
                close();
                var length = longItem;
                if (length > 0) {
                    reservation.accept(length * LONG_ITEM_COST);
                }
                longItem = 0;
                window = new Window(length > 0);
                isRead = read(window, taker, texts);
                if (!isRead && longItem == 0) {
                    throw ThreadStoreException.threadNotFound(threadId.value());
                }
            }
            if (isEnded() || !isStreamed) {
                close();
            }
        } catch (SQLException e) {
            close();
            throw new PersistenceException(e);
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /**
     * Whether there was an item with its text. If there was one without, the next window begins with it, and its length
     * is known.
     */
    private boolean read(Window rows, Consumer<StoredItem> taker, TextReader texts) throws SQLException {
        var items = 0;
        var bytes = 0L;
        while (bytes < PAGE_BYTES && items < PAGE_ITEMS && rows.advance()) {
            var ordinal = rows.row.getLong(1);
            var recordedAt = rows.row.getLong(2);
            var payloadOffset = RolloutItemRepository.integerOrNull(rows.row, 3);
            var text = texts.read(rows.row);
            if (text == null) {
                rows.end();
                next = ordinal;
                longItem = rows.row.getLong(5);
                break;
            }
            items++;
            bytes += text.length();
            next = ordinal + 1;
            taker.accept(StoredItem.of(ordinal, recordedAt, text, payloadOffset));
        }
        if (items > 0) {
            typicalBytes = Math.max(1, bytes / items);
        }
        return items > 0;
    }

    /**
     * Gives the connection back until the next page is asked for. What is on its way from the database is thrown away.
     */
    @Override
    public void pause() {
        if (window != null) {
            pages = 1;
            close();
        }
        memory.release();
    }

    @Override
    public void close() {
        var last = window;
        window = null;
        if (last != null) {
            last.close();
        }
    }

    /** The text of a row; null if it is beyond the window's bound. */
    @FunctionalInterface
    private interface TextReader {
        @Nullable
        JsonText read(ResultSet row) throws SQLException;
    }

    /** The rows of one statement. */
    private final class Window implements AutoCloseable {

        private final Connection connection;
        private final PreparedStatement select;
        private final ResultSet row;
        private boolean isEnded;

        /** @param withLongItem whether the first item is read however long it is */
        Window(boolean withLongItem) throws SQLException {
            var page = Math.max(1, Math.min(PAGE_ITEMS, PAGE_BYTES / typicalBytes));
            var fetch = (int) Math.min(FETCH_ITEMS, page);
            var size = isStreamed ? pages : 1;
            connection = dataSource.getConnection();
            try {
                select = connection.prepareStatement(isShort ? SELECT_SHORT : SELECT);
                select.setFetchSize(isStreamed ? fetch : 0);
                var parameter = 0;
                if (!isShort) {
                    select.setLong(++parameter, next);
                    select.setLong(++parameter, PAGE_BYTES * size);
                    select.setLong(++parameter, withLongItem ? next : NO_ORDINAL);
                }
                select.setLong(++parameter, threadKey);
                select.setLong(++parameter, next);
                select.setLong(++parameter, end);
                select.setLong(++parameter, page * size);
                row = select.executeQuery().unwrap(ResultSet.class);
            } catch (SQLException | RuntimeException | Error e) {
                connection.close();
                throw e;
            }
        }

        /** Whether there is another row. All that was asked for was wanted if there is none. */
        boolean advance() throws SQLException {
            if (!isEnded && !row.next()) {
                end();
            }
            return !isEnded;
        }

        /** No more rows are to be read from it, though there may be some. */
        void end() {
            isEnded = true;
            pages = Math.min(2 * pages, MOST_PAGES);
        }

        @Override
        public void close() {
            try (connection;
                    select) {
                row.close();
            } catch (SQLException e) {
                // a connection that can't be given back properly is the pool's to throw away
                LOG.debugf("a history's statement can't be closed: reason=%s", e.getMessage());
            }
        }
    }
}
