package io.threadstore.rollout;

import io.agroal.api.AgroalDataSource;
import io.threadstore.platform.RunningQuery;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.PersistenceException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.hibernate.StatelessSession;
import org.jspecify.annotations.Nullable;

/**
 * The rows of {@code rollout_item}. Pages are cut by length before any text is read, because texts may be large; in
 * plain SQL.
 */
@ApplicationScoped
class RolloutItemRepository {

    private final StatelessSession session;
    private final AgroalDataSource dataSource;
    private final RunningQuery query;

    RolloutItemRepository(StatelessSession session, AgroalDataSource dataSource, RunningQuery query) {
        this.session = session;
        this.dataSource = dataSource;
        this.query = query;
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
     * The places and lengths of the items of a window, cut after {@code limit} items or {@code maxBytes} of text, but
     * never before the first item.
     *
     * @param nextIfComplete where the query goes on if the window holds no more; null if it does not
     */
    ItemPage page(Window window, int limit, long maxBytes, @Nullable Long nextIfComplete) {
        var sql = "SELECT ordinal, byte_length FROM rollout_item WHERE " + window.condition() + window.order()
                + " LIMIT ?";
        try (var connection = dataSource.getConnection();
                var select = connection.prepareStatement(sql)) {
            select.setInt(window.bind(select), limit + 1);
            return query.execute(select, row -> page(window, row, limit, maxBytes, nextIfComplete));
        } catch (SQLException e) {
            throw new PersistenceException(e);
        }
    }

    private static ItemPage page(Window window, ResultSet row, int limit, long maxBytes, @Nullable Long nextIfComplete)
            throws SQLException {
        var ordinals = new long[limit];
        var lengths = new int[limit];
        var count = 0;
        var bytes = 0L;
        while (row.next()) {
            var length = row.getInt(2);
            bytes += length;
            if (count == limit || count > 0 && bytes > maxBytes) {
                return new ItemPage(
                        window, Arrays.copyOf(ordinals, count), Arrays.copyOf(lengths, count), ordinals[count - 1]);
            }
            ordinals[count] = row.getLong(1);
            lengths[count] = length;
            count++;
        }
        return new ItemPage(window, Arrays.copyOf(ordinals, count), Arrays.copyOf(lengths, count), nextIfComplete);
    }

    static @Nullable Integer integerOrNull(ResultSet row, int column) throws SQLException {
        var value = row.getInt(column);
        return row.wasNull() ? null : value;
    }

    private static StoredItem toItem(Object[] row) {
        return StoredItem.of((Long) row[0], (Long) row[1], (byte[]) row[2], (Integer) row[3]);
    }

    /** An item that is not stored yet. */
    record NewItem(long ordinal, Instant recordedAt, RolloutItem item) {}
}
