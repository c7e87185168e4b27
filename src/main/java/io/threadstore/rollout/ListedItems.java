package io.threadstore.rollout;

import io.agroal.api.AgroalDataSource;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.limits.RequestMemory;
import io.threadstore.thread.ThreadId;
import jakarta.persistence.PersistenceException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/** The items of a page, a few of them for each statement. No connection is held in between. */
final class ListedItems implements ItemSource {

    /** How much text a statement reads, but at least one item. */
    private static final long WINDOW_BYTES = 256 * 1024;

    private static final int TEXT = 4;

    private final AgroalDataSource dataSource;
    private final ThreadId threadId;
    private final ItemPage page;
    private final TextMemory memory = new TextMemory();
    private final LongConsumer reservation = RequestMemory.ofCurrentRequest();
    private long bytesLeft;
    private int next;

    ListedItems(AgroalDataSource dataSource, ThreadId threadId, ItemPage page) {
        this.dataSource = dataSource;
        this.threadId = threadId;
        this.page = page;
        this.bytesLeft = page.bytes();
    }

    @Override
    public boolean isEnded() {
        return next == page.count();
    }

    @Override
    public long bytesLeft(int around) {
        return bytesLeft + (long) (page.count() - next) * around;
    }

    @Override
    public void passOn(Consumer<StoredItem> taker) {
        if (isEnded()) {
            return;
        }
        var bytes = (long) page.length(next);
        var end = next + 1;
        while (end < page.count() && bytes + page.length(end) <= WINDOW_BYTES) {
            bytes += page.length(end);
            end++;
        }
        if (bytes > WINDOW_BYTES) {
            reservation.accept(bytes * HistoryPages.LONG_ITEM_COST);
        }
        try {
            read(end, taker);
        } catch (SQLException e) {
            throw new PersistenceException(e);
        } finally {
            memory.endPage();
        }
        bytesLeft -= bytes;
    }

    /** @param end how many of the page's items have been read then */
    private void read(int end, Consumer<StoredItem> taker) throws SQLException {
        var window = page.window().between(page.ordinal(next), page.ordinal(end - 1));
        var sql = "SELECT ordinal, recorded_at, payload_offset, item FROM rollout_item WHERE " + window.condition()
                + window.order();
        try (var connection = dataSource.getConnection();
                var select = connection.prepareStatement(sql)) {
            window.bind(select);
            try (var row = select.executeQuery().unwrap(ResultSet.class)) {
                while (row.next()) {
                    var text = Objects.requireNonNull(memory.read(row, TEXT));
                    var payloadOffset = RolloutItemRepository.integerOrNull(row, 3);
                    next++;
                    taker.accept(StoredItem.of(row.getLong(1), row.getLong(2), text, payloadOffset));
                }
            }
        }
        if (next != end) {
            throw ThreadStoreException.threadNotFound(threadId.value());
        }
    }

    @Override
    public void pause() {
        memory.release();
    }

    @Override
    public void close() {
        memory.release();
    }
}
