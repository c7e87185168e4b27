package io.threadstore.rollout;

import io.agroal.api.AgroalDataSource;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.PersistenceException;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.hibernate.StatelessSession;

/**
 * The rows of {@code rollout_item}. Reads come in pages that are cut by length before any text is read, because texts may be
 * large; a stateless session keeps none of it.
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
                        select i.id.ordinal, i.recordedAt, i.item from RolloutItemEntity i
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
        var lengths = window.bind(session.createSelectionQuery(
                        "select i.id.ordinal, i.byteLength from RolloutItemEntity i where " + window.condition()
                                + window.order(),
                        Object[].class))
                .setMaxResults(limit + 1)
                .getResultList();
        if (lengths.isEmpty()) {
            return new Slice(List.of(), false);
        }
        var bytes = 0L;
        var count = 0;
        for (var row : lengths) {
            bytes += (Integer) row[1];
            if (count == limit || count > 0 && bytes > maxBytes) {
                break;
            }
            count++;
        }
        var last = (Long) lengths.get(count - 1)[0];
        var items = new ArrayList<StoredItem>(count);
        for (var row : window.endingWith(last)
                .bind(session.createSelectionQuery(
                        "select i.id.ordinal, i.recordedAt, i.item from RolloutItemEntity i where " + window.condition()
                                + window.order(),
                        Object[].class))
                .getResultList()) {
            items.add(toItem(row));
        }
        return new Slice(items, lengths.size() > count);
    }

    private static StoredItem toItem(Object[] row) {
        return StoredItem.of((Long) row[0], (Long) row[1], (byte[]) row[2]);
    }

    /** An item that is not stored yet. */
    record NewItem(long ordinal, Instant recordedAt, RolloutItem item) {}

    /**
     * Some items of a thread.
     *
     * @param more whether the window holds further ones
     */
    record Slice(List<StoredItem> items, boolean more) {}
}
