package io.threadstore.benchmark;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.UUID;

/**
 * The reference: the same job with the same durability in bare JDBC, on tables of the same shape in a database beside the service's. It locks the
 * thread's row, inserts the items as a batch, updates the row, and commits; one connection for each client.
 */
final class JdbcAppender implements BlockingLoad.Client {

    private final Connection connection;
    private final PreparedStatement lock;
    private final PreparedStatement insert;
    private final PreparedStatement grow;
    private final String threadId = UUID.randomUUID().toString();
    private final byte[] item;
    private final int count;

    JdbcAppender(Connection connection, String item, int count) throws SQLException {
        this.connection = connection;
        connection.setAutoCommit(false);
        connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
        this.item = item.getBytes(StandardCharsets.UTF_8);
        this.count = count;
        newThread(connection, threadId);
        connection.commit();
        lock = connection.prepareStatement(
                "SELECT thread_key, next_ordinal FROM bare_thread WHERE tenant = ? AND thread_id = ? FOR UPDATE");
        insert = connection.prepareStatement("INSERT INTO bare_rollout_item"
                + " (thread_key, ordinal, recorded_at, type, subtype, byte_length, item) VALUES (?, ?, ?, ?, ?, ?, ?)");
        grow = connection.prepareStatement(
                "UPDATE bare_thread SET item_count = item_count + ?, byte_count = byte_count + ?,"
                        + " next_ordinal = ?, updated_at = ?, version = version + 1 WHERE thread_key = ?");
    }

    /** Inserts a thread's row, and returns its key. */
    static long newThread(Connection connection, String threadId) throws SQLException {
        try (var create = connection.prepareStatement("""
                INSERT INTO bare_thread (tenant, thread_id, state, epoch, version, next_ordinal, item_count, byte_count, persistence_mode,
                  created_at, updated_at, materialized_at, source_kind, memory_mode)
                VALUES ('default', ?, 'ACTIVE', 1, 1, 1, 1, 1, 'LIMITED', 1, 1, 1, 'CLI', 'ENABLED')
                """, Statement.RETURN_GENERATED_KEYS)) {
            create.setString(1, threadId);
            create.executeUpdate();
            try (var keys = create.getGeneratedKeys()) {
                keys.next();
                return keys.getLong(1);
            }
        }
    }

    /** Makes the tables, as the service's are; they are dropped first. */
    static void createTables(Statement statement) throws SQLException {
        statement.execute("DROP TABLE IF EXISTS bare_rollout_item, bare_thread");
        statement.execute("CREATE TABLE bare_thread LIKE thread");
        statement.execute("CREATE TABLE bare_rollout_item LIKE rollout_item");
        statement.execute(
                "ALTER TABLE bare_rollout_item ADD FOREIGN KEY (thread_key) REFERENCES bare_thread (thread_key) ON DELETE CASCADE");
    }

    @Override
    public void doOnce() throws SQLException {
        lock.setString(1, "default");
        lock.setString(2, threadId);
        long key;
        long next;
        try (var row = lock.executeQuery()) {
            row.next();
            key = row.getLong(1);
            next = row.getLong(2);
        }
        var now = System.currentTimeMillis();
        for (var i = 0; i < count; i++) {
            insert.setLong(1, key);
            insert.setLong(2, next + i);
            insert.setLong(3, now);
            insert.setString(4, "response_item");
            insert.setString(5, "message");
            insert.setInt(6, item.length);
            insert.setBytes(7, item);
            insert.addBatch();
        }
        insert.executeBatch();
        grow.setInt(1, count);
        grow.setLong(2, (long) count * item.length);
        grow.setLong(3, next + count);
        grow.setLong(4, now);
        grow.setLong(5, key);
        grow.executeUpdate();
        connection.commit();
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
