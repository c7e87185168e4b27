package io.threadstore.rollout;

import io.agroal.api.AgroalDataSource;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.PersistenceException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.hibernate.StatelessSession;
import org.jspecify.annotations.Nullable;

/**
 * The rows of {@code rollout_item}. Pages are cut by length before any text is read, because texts may be large, and are read in plain SQL,
 * as they are only passed on.
 */
@ApplicationScoped
class RolloutItemRepository {

    private final StatelessSession session;
    private final AgroalDataSource dataSource;

    RolloutItemRepository(StatelessSession session, AgroalDataSource dataSource) {
        this.session = session;
        this.dataSource = dataSource;
    }

    /** Inserts items in the transaction in hand. */
    void insert(long threadKey, List<NewItem> items) {
        try (var connection = dataSource.getConnection();
                var insertion = new ItemInsertion(connection)) {
            for (var item : items) {
                insertion.add(threadKey, item.ordinal(), item.recordedAt().toEpochMilli(), item.item());
            }
            insertion.execute();
        } catch (SQLException e) {
            throw new PersistenceException(e);
        }
    }

    /** The first item of the type. */
    Optional<StoredItem> first(long threadKey, String type) {
        return session
                .createSelectionQuery("""
                        select i.id.ordinal, i.recordedAt, i.item, i.payloadOffset from RolloutItemEntity i
                        where i.id.threadKey = :key and i.type = :type order by i.id.ordinal
                        """, Object[].class)
                .setParameter("key", threadKey)
                .setParameter("type", type)
                .setMaxResults(1)
                .getResultList()
                .stream()
                .findFirst()
                .map(RolloutItemRepository::toItem);
    }

    /**
     * The items of a window, cut after {@code limit} items or {@code maxBytes} of text, but never before the first item.
     */
    Slice slice(Window window, int limit, long maxBytes) {
        try (var connection = dataSource.getConnection()) {
            var end = end(connection, window, limit, maxBytes);
            if (end.count() == 0) {
                return new Slice(List.of(), false);
            }
            return new Slice(items(connection, window.endingWith(end.ordinal()), end.count()), end.isMoreBeyond());
        } catch (SQLException e) {
            throw new PersistenceException(e);
        }
    }

    private static End end(Connection connection, Window window, int limit, long maxBytes) throws SQLException {
        var sql = "SELECT ordinal, byte_length FROM rollout_item WHERE " + window.condition() + window.order()
                + " LIMIT ?";
        try (var select = connection.prepareStatement(sql)) {
            select.setInt(window.bind(select), limit + 1);
            try (var row = select.executeQuery().unwrap(ResultSet.class)) {
                var bytes = 0L;
                var end = new End(-1, 0, false);
                while (row.next()) {
                    bytes += row.getInt(2);
                    if (end.count() == limit || end.count() > 0 && bytes > maxBytes) {
                        return new End(end.ordinal(), end.count(), true);
                    }
                    end = new End(row.getLong(1), end.count() + 1, false);
                }
                return end;
            }
        }
    }

    private static List<StoredItem> items(Connection connection, Window window, int count) throws SQLException {
        var sql = "SELECT ordinal, recorded_at, payload_offset, item FROM rollout_item WHERE " + window.condition()
                + window.order();
        try (var select = connection.prepareStatement(sql)) {
            window.bind(select);
            try (var row = select.executeQuery().unwrap(ResultSet.class)) {
                var items = new ArrayList<StoredItem>(count);
                while (row.next()) {
                    items.add(StoredItem.of(row.getLong(1), row.getLong(2), row.getBytes(4), integerOrNull(row, 3)));
                }
                return items;
            }
        }
    }

    static @Nullable Integer integerOrNull(ResultSet row, int column) throws SQLException {
        var value = row.getInt(column);
        return row.wasNull() ? null : value;
    }

    private static StoredItem toItem(Object[] row) {
        return StoredItem.of((Long) row[0], (Long) row[1], (byte[]) row[2], (Integer) row[3]);
    }

    /**
     * Where a slice ends.
     *
     * @param ordinal of its last item
     * @param count how many items it has
     */
    private record End(long ordinal, int count, boolean isMoreBeyond) {}

    /** An item that is not stored yet. */
    record NewItem(long ordinal, Instant recordedAt, RolloutItem item) {}

    /**
     * Some items of a thread.
     *
     * @param more whether the window holds further ones
     */
    record Slice(List<StoredItem> items, boolean more) {}
}
