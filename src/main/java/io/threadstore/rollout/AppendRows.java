package io.threadstore.rollout;

import io.agroal.api.AgroalDataSource;
import io.threadstore.thread.PersistenceMode;
import io.threadstore.thread.ThreadId;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.PersistenceException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * What an append reads and writes of a thread, for many threads at once and in plain SQL: the few columns that it needs instead of the
 * whole entity. Why so: docs/adr/0009-appends-share-commits.md.
 */
@ApplicationScoped
class AppendRows {

    private static final String SELECT = """
            SELECT t.tenant, t.thread_id, t.thread_key, t.next_ordinal, t.first_user_message IS NOT NULL,
                   w.epoch, w.persistence_mode, w.expires_at
            FROM thread t JOIN live_writer w ON w.thread_key = t.thread_key
            """;
    private static final String ONE_THREAD = "t.tenant = ? AND t.thread_id = ?";

    private static final String GROW = """
            UPDATE thread SET item_count = item_count + ?, byte_count = byte_count + ?, next_ordinal = ?,
                updated_at = GREATEST(updated_at, ?), version = version + ?, token_usage = COALESCE(?, token_usage)
            WHERE thread_key = ?
            """;
    private static final String RENEW =
            "UPDATE live_writer SET expires_at = GREATEST(expires_at, ?) WHERE thread_key = ?";

    /** A thread that appends many times a second has its lease prolonged once a second. */
    private static final long RENEWAL_MILLIS = 1000;

    private final AgroalDataSource dataSource;

    AppendRows(AgroalDataSource dataSource) {
        this.dataSource = dataSource;
    }

    /** Those of the threads that are live, as they are at this moment. */
    Map<Key, AppendRow> find(List<Key> keys) {
        try (var connection = dataSource.getConnection()) {
            return select(connection, keys, "");
        } catch (SQLException e) {
            throw new PersistenceException(e);
        }
    }

    /** Locks those of the threads that are live and that nobody else has locked. */
    Map<Key, AppendRow> lock(Connection connection, List<Key> keys) throws SQLException {
        return select(connection, keys, " FOR UPDATE SKIP LOCKED");
    }

    private static Map<Key, AppendRow> select(Connection connection, List<Key> keys, String locking)
            throws SQLException {
        var places = powerOfTwo(keys.size());
        var sql =
                SELECT + "WHERE " + String.join(" OR ", Collections.nCopies(places, "(" + ONE_THREAD + ")")) + locking;
        var found = new HashMap<Key, AppendRow>();
        try (var select = connection.prepareStatement(sql)) {
            for (var i = 0; i < places; i++) {
                bind(select, 2 * i, keys.get(Math.min(i, keys.size() - 1)));
            }
            try (var row = select.executeQuery()) {
                while (row.next()) {
                    found.put(new Key(row.getString(1), new ThreadId(UUID.fromString(row.getString(2)))), read(row));
                }
            }
        }
        return found;
    }

    /** So that there are few statements to prepare. */
    private static int powerOfTwo(int atLeast) {
        return atLeast <= 1 ? 1 : Integer.highestOneBit(atLeast - 1) << 1;
    }

    private static void bind(PreparedStatement select, int before, Key key) throws SQLException {
        select.setString(before + 1, key.tenant());
        select.setString(before + 2, key.threadId().toString());
    }

    private static AppendRow read(ResultSet row) throws SQLException {
        return new AppendRow(
                row.getLong(3),
                row.getLong(4),
                row.getBoolean(5),
                row.getLong(6),
                PersistenceMode.valueOf(row.getString(7)),
                row.getLong(8));
    }

    /** Writes down how the threads have grown, and prolongs the leases that ask for it. */
    void update(Connection connection, Iterable<AppendRow> grown, long now, long leaseMillis) throws SQLException {
        try (var grow = connection.prepareStatement(GROW);
                var renew = connection.prepareStatement(RENEW)) {
            var renewals = 0;
            for (var row : grown) {
                grow.setLong(1, row.newItems());
                grow.setLong(2, row.newBytes());
                grow.setLong(3, row.nextOrdinal());
                grow.setLong(4, now);
                grow.setLong(5, row.newAppends());
                grow.setString(6, row.newTokenUsage());
                grow.setLong(7, row.key());
                grow.addBatch();
                if (row.expiresAt() < now + leaseMillis - RENEWAL_MILLIS) {
                    renew.setLong(1, now + leaseMillis);
                    renew.setLong(2, row.key());
                    renew.addBatch();
                    renewals++;
                }
            }
            grow.executeBatch();
            if (renewals > 0) {
                renew.executeBatch();
            }
        }
    }

    /** Which thread, of whom. */
    record Key(String tenant, ThreadId threadId) {}
}
