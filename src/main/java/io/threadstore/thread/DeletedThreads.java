package io.threadstore.thread;

import io.agroal.api.AgroalDataSource;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.PersistenceException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.UUID;

/**
 * Threads that are deleted for everybody and whose rows are deleted batch by batch. A deleted thread keeps its row,
 * because its items refer to it, under the tenant {@value #NO_TENANT}, a new id and a tombstone in {@code deleted_thread}.
 * Its own id is free at once.
 *
 * <p>Items are deleted from the last to the first: a reader that is on its way through the history comes to its end too
 * early and
 * finds the thread deleted. It can't miss items in between.
 */
@ApplicationScoped
public class DeletedThreads {

    /** How many items one batch deletes at most. */
    static final int BATCH_ITEMS = 1000;

    /** How many bytes of text one batch deletes at most, but at least one item. */
    static final long BATCH_BYTES = 8L * 1024 * 1024;

    /** No caller has it: a token's tenant is not blank. */
    private static final String NO_TENANT = "";

    private static final String HIDE = """
            UPDATE thread SET tenant = ?, thread_id = ?, state = 'ARCHIVED', lazy_since = NULL, pending_session_meta = NULL,
                materialized_at = COALESCE(materialized_at, created_at), archived_at = COALESCE(archived_at, created_at)
            WHERE thread_key = ?
            """;
    private static final String CLOSE_WRITER = "DELETE FROM live_writer WHERE thread_key = ?";
    private static final String ADD =
            "INSERT INTO deleted_thread (thread_key, deleted_at, items_left) VALUES (?, ?, ?)";
    private static final String NEXT =
            "SELECT thread_key FROM deleted_thread ORDER BY deleted_at LIMIT 1 FOR UPDATE SKIP LOCKED";
    private static final String LAST_ITEMS = """
            SELECT ordinal, byte_length FROM rollout_item WHERE thread_key = ? ORDER BY ordinal DESC LIMIT ?
            """;
    private static final String DELETE_ITEMS = "DELETE FROM rollout_item WHERE thread_key = ? AND ordinal >= ?";
    private static final String DELETE_PATCHES = "DELETE FROM metadata_patch WHERE thread_key = ? LIMIT ?";
    private static final String COUNT_DOWN =
            "UPDATE deleted_thread SET items_left = GREATEST(items_left - ?, 0) WHERE thread_key = ?";
    private static final String DELETE_THREAD = "DELETE FROM thread WHERE thread_key = ? AND tenant = ?";
    private static final String LEFT = "SELECT COUNT(*), COALESCE(SUM(items_left), 0) FROM deleted_thread";

    private final AgroalDataSource dataSource;
    private final Clock clock;

    DeletedThreads(AgroalDataSource dataSource, Clock clock) {
        this.dataSource = dataSource;
        this.clock = clock;
    }

    /** Hides a thread that the current transaction has locked, and closes its writer. */
    void add(long threadKey, long items) {
        try (var connection = dataSource.getConnection()) {
            update(connection, HIDE, NO_TENANT, UUID.randomUUID().toString(), threadKey);
            update(connection, CLOSE_WRITER, threadKey);
            update(connection, ADD, threadKey, clock.millis(), items);
        } catch (SQLException e) {
            throw new PersistenceException(e);
        }
    }

    /**
     * Deletes one batch of rows of the thread that was deleted first, in the current transaction. Threads that other
     * replicas work on are skipped.
     *
     * @return whether there was one
     */
    public boolean deleteBatch() {
        try (var connection = dataSource.getConnection()) {
            var threadKey = next(connection);
            if (threadKey < 0) {
                return false;
            }
            var from = firstOfLastItems(connection, threadKey);
            if (from >= 0) {
                var items = update(connection, DELETE_ITEMS, threadKey, from);
                update(connection, COUNT_DOWN, items, threadKey);
            } else if (update(connection, DELETE_PATCHES, threadKey, BATCH_ITEMS) < BATCH_ITEMS) {
                update(connection, DELETE_THREAD, threadKey, NO_TENANT);
            }
            return true;
        } catch (SQLException e) {
            throw new PersistenceException(e);
        }
    }

    private static long next(Connection connection) throws SQLException {
        try (var select = connection.prepareStatement(NEXT);
                var row = select.executeQuery()) {
            return row.next() ? row.getLong(1) : -1;
        }
    }

    /** The ordinal from which a batch reaches to the end; -1 if no items are left. */
    private static long firstOfLastItems(Connection connection, long threadKey) throws SQLException {
        try (var select = connection.prepareStatement(LAST_ITEMS)) {
            select.setLong(1, threadKey);
            select.setInt(2, BATCH_ITEMS);
            try (var row = select.executeQuery()) {
                var first = -1L;
                var bytes = 0L;
                while (row.next()) {
                    bytes += row.getLong(2);
                    if (first >= 0 && bytes > BATCH_BYTES) {
                        break;
                    }
                    first = row.getLong(1);
                }
                return first;
            }
        }
    }

    /** What is left to delete, in all. */
    public Left left() {
        try (var connection = dataSource.getConnection();
                var select = connection.prepareStatement(LEFT);
                var row = select.executeQuery()) {
            row.next();
            return new Left(row.getLong(1), row.getLong(2));
        } catch (SQLException e) {
            throw new PersistenceException(e);
        }
    }

    private static int update(Connection connection, String sql, Object... values) throws SQLException {
        try (var update = connection.prepareStatement(sql)) {
            for (var i = 0; i < values.length; i++) {
                update.setObject(i + 1, values[i]);
            }
            return update.executeUpdate();
        }
    }

    /** Deleted threads whose rows are not all deleted yet. */
    public record Left(long threads, long items) {}
}
