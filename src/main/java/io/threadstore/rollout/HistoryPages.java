package io.threadstore.rollout;

import io.agroal.api.AgroalDataSource;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.JsonText;
import io.threadstore.thread.ThreadId;
import jakarta.persistence.PersistenceException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Reads a range of a thread's items from the first to the last in pages. In plain SQL: a history is as many rows as a thread has items,
 * and nothing is to be done with them but to pass their texts on.
 *
 * <p>Pages are read in the transaction in hand if there is one. Else a few of them come from one statement, whose rows the database
 * sends on while they are being read; its connection is held from page to page, until the last of them or {@link #pause}.
 *
 * <p>How many rows are asked for follows from how long the last ones were. Rows that are far longer than those come without their texts,
 * which are then read one by one: so neither many long items nor one that is very long is ever in memory beside others.
 */
public final class HistoryPages implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(HistoryPages.class);

    /** How much text a page holds: at least one item, and what comes on top of the last that still began within this. */
    private static final long PAGE_BYTES = 256 * 1024;

    private static final int PAGE_ITEMS = 1000;

    /** From how many pages on it does not pay any more to ask for more at once. */
    private static final int MOST_PAGES = 16;

    /** How many rows the driver takes from the wire at once, and how much text at the most. */
    private static final int FETCH_ITEMS = 64;

    private static final long FETCH_BYTES = 4 * PAGE_BYTES;

    private static final byte[] NOTHING = {};

    private static final int TEXT = 4;

    private static final String SELECT = """
            SELECT ordinal, recorded_at, payload_offset, IF(byte_length <= ?, item, NULL) FROM rollout_item
            WHERE thread_key = ? AND ordinal >= ? AND ordinal < ? ORDER BY ordinal LIMIT ?
            """;
    private static final String SELECT_LONG = "SELECT item FROM rollout_item WHERE thread_key = ? AND ordinal = ?";

    private final AgroalDataSource dataSource;
    private final ThreadId threadId;
    private final long threadKey;
    private final long end;
    private final boolean isStreamed;
    private byte[] passedOn = NOTHING;
    private long next;
    private long typicalBytes;
    private int pages = 1;
    private @Nullable Window window;

    /**
     * @param typicalBytes how long the first items are, as a guess
     * @param isStreamed false if there is a transaction in hand, whose connection others use, too
     */
    HistoryPages(
            AgroalDataSource dataSource,
            ThreadId threadId,
            long threadKey,
            long from,
            long end,
            long typicalBytes,
            boolean isStreamed) {
        this.dataSource = dataSource;
        this.threadId = threadId;
        this.threadKey = threadKey;
        this.next = from;
        this.end = end;
        this.typicalBytes = Math.max(1, typicalBytes);
        this.isStreamed = isStreamed;
    }

    /** Whether everything has been read. */
    public boolean isEnded() {
        return next >= end;
    }

    /**
     * How long what is left will be, as a guess.
     *
     * @param around how many bytes come to each item's text
     */
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
     * The same for who is done with a text when the next one comes: they are in the same memory, because an array for each would be as much garbage as a
     * history has text.
     */
    public void passOn(Consumer<StoredItem> taker) {
        read(taker, this::intoTheSameMemory);
    }

    private void read(Consumer<StoredItem> taker, TextReader texts) {
        if (isEnded()) {
            return;
        }
        try {
            var isRead = window != null && read(window, taker, texts);
            if (!isRead) {
                close();
                window = new Window();
                isRead = read(window, taker, texts);
            }
            if (!isRead) {
                throw ThreadStoreException.threadNotFound(threadId.value());
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

    /** Whether there was an item. */
    private boolean read(Window rows, Consumer<StoredItem> taker, TextReader texts) throws SQLException {
        var items = 0;
        var bytes = 0L;
        while (bytes < PAGE_BYTES && items < PAGE_ITEMS) {
            if (!rows.row.next()) {
                // all that was asked for was wanted
                pages = Math.min(2 * pages, MOST_PAGES);
                break;
            }
            var ordinal = rows.row.getLong(1);
            var recordedAt = rows.row.getLong(2);
            var payloadOffset = RolloutItemRepository.integerOrNull(rows.row, 3);
            var text = texts.read(rows.row);
            if (text == null) {
                text = JsonText.of(rows.readLong(ordinal));
                pages = 1;
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

    private @Nullable JsonText intoTheSameMemory(ResultSet row) throws SQLException {
        var text = row.getBinaryStream(TEXT);
        if (text == null) {
            return null;
        }
        try {
            // all of it is there: it comes from the row that the driver has read
            var count = text.available();
            if (count > passedOn.length) {
                passedOn = new byte[Math.max(count, 2 * passedOn.length)];
            }
            return new JsonText(passedOn, 0, text.readNBytes(passedOn, 0, count));
        } catch (IOException e) {
            throw new UncheckedIOException("a row that is in memory is read without input", e);
        }
    }

    /** Gives the connection back until the next page is asked for. What is on its way from the database is thrown away. */
    public void pause() {
        if (window != null) {
            pages = 1;
            close();
        }
        passedOn = NOTHING;
    }

    @Override
    public void close() {
        var last = window;
        window = null;
        if (last != null) {
            last.close();
        }
    }

    /** The text of a row; null if it is one of those that come without. */
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

        Window() throws SQLException {
            var page = Math.max(1, Math.min(PAGE_ITEMS, PAGE_BYTES / typicalBytes));
            var fetch = (int) Math.min(FETCH_ITEMS, page);
            connection = dataSource.getConnection();
            try {
                select = connection.prepareStatement(SELECT);
                select.setFetchSize(isStreamed ? fetch : 0);
                // alone it may be as long as it is
                select.setLong(1, page == 1 ? Long.MAX_VALUE : FETCH_BYTES / fetch);
                select.setLong(2, threadKey);
                select.setLong(3, next);
                select.setLong(4, end);
                select.setLong(5, page == 1 || !isStreamed ? page : page * pages);
                row = select.executeQuery().unwrap(ResultSet.class);
            } catch (SQLException | RuntimeException | Error e) {
                connection.close();
                throw e;
            }
        }

        byte[] readLong(long ordinal) throws SQLException {
            try (var one = connection.prepareStatement(SELECT_LONG)) {
                one.setLong(1, threadKey);
                one.setLong(2, ordinal);
                try (var found = one.executeQuery()) {
                    if (!found.next()) {
                        throw ThreadStoreException.threadNotFound(threadId.value());
                    }
                    return found.getBytes(1);
                }
            }
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
