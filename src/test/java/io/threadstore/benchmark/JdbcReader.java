package io.threadstore.benchmark;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.UUID;

/** The reference: a streamed select of a thread's items on a connection of its own, each text as bytes. */
final class JdbcReader implements BlockingLoad.Client {

    private final Connection connection;
    private final PreparedStatement select;
    private final long atLeastBytes;

    JdbcReader(Connection connection, UUID threadId, int fetchSize, long atLeastBytes) throws SQLException {
        this.connection = connection;
        this.atLeastBytes = atLeastBytes;
        select = connection.prepareStatement("""
                SELECT i.ordinal, i.recorded_at, i.item FROM rollout_item i JOIN thread t ON t.thread_key = i.thread_key
                WHERE t.tenant = 'default' AND t.thread_id = ? ORDER BY i.ordinal
                """);
        select.setFetchSize(fetchSize);
        select.setString(1, threadId.toString());
    }

    @Override
    public void doOnce() throws SQLException {
        var total = 0L;
        try (var row = select.executeQuery()) {
            while (row.next()) {
                row.getLong(1);
                row.getLong(2);
                total += row.getBytes(3).length;
            }
        }
        if (total < atLeastBytes) {
            throw new SQLException("a history of " + total + " bytes");
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
