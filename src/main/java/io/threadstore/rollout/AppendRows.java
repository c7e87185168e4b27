package io.threadstore.rollout;

import io.agroal.api.AgroalDataSource;
import io.threadstore.thread.PersistenceMode;
import io.threadstore.thread.ThreadId;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.PersistenceException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
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

    /**
     * In this order: a thread that is skipped, because somebody else has it locked, must not have its writer locked.
     */
    private static final String SELECT = """
            SELECT STRAIGHT_JOIN t.tenant, t.thread_id, t.thread_key, t.next_ordinal, t.first_user_message IS NOT NULL,
                   w.epoch, w.persistence_mode, w.expires_at
            FROM thread t JOIN live_writer w ON w.thread_key = t.thread_key
            """;

    private static final String GROW = """
            UPDATE thread SET item_count = item_count + ?, byte_count = byte_count + ?, next_ordinal = ?,
                updated_at = GREATEST(updated_at, ?), version = version + ?, token_usage = COALESCE(?, token_usage)
            WHERE thread_key = ?
            """;
    private static final String RENEW =
            "UPDATE live_writer SET expires_at = GREATEST(expires_at, ?) WHERE thread_key = ?";

    /** A thread that appends many times a second has its lease prolonged once a second. */
    private static final long RENEWAL_MILLIS = 1000;

    /** MariaDB's error of a statement that exceeds {@code max_statement_time}. */
    private static final int STATEMENT_TIMED_OUT = 1969;

    private final AgroalDataSource dataSource;
    private final ThreadKeys threadKeys;

    AppendRows(AgroalDataSource dataSource, ThreadKeys threadKeys) {
        this.dataSource = dataSource;
        this.threadKeys = threadKeys;
    }

    /** Those of the threads that are live, as they are at this moment. */
    Map<Key, AppendRow> find(List<Key> keys) {
        try (var connection = dataSource.getConnection()) {
            return select(connection, keys, "");
        } catch (SQLException e) {
            throw new PersistenceException(e);
        }
    }

    /** Those of the threads that are live, as they are at this moment, whoever has locked them. */
    Map<Key, AppendRow> find(Connection connection, List<Key> keys) throws SQLException {
        return select(connection, keys, "");
    }

    /**
     * Waits until no other transaction has a thread locked, and locks it: in the order in which the database was asked, unlike
     * those that skip it.
     *
     * @return whether it is locked now; false if there is no such thread, or the wait was in vain
     */
    boolean await(Connection connection, Key key, int millis) throws SQLException {
        var threads = threadKeys.find(connection, List.of(key));
        if (threads.isEmpty()) {
            return false;
        }
        // the server's lock wait time-outs are in whole seconds
        var sql = "SET STATEMENT max_statement_time=" + millis / 1000.0
                + " FOR SELECT thread_key FROM thread WHERE thread_key = ? FOR UPDATE";
        try (var select = connection.prepareStatement(sql)) {
            select.setLong(1, threads.get(0));
            try (var row = select.executeQuery()) {
                return row.next();
            }
        } catch (SQLException e) {
            if (e.getErrorCode() == STATEMENT_TIMED_OUT) {
                return false;
            }
            throw e;
        }
    }

    /** Locks those of the threads that are live and that nobody else has locked. */
    Map<Key, AppendRow> lock(Connection connection, List<Key> keys) throws SQLException {
        return select(connection, keys, " FOR UPDATE SKIP LOCKED");
    }

    private Map<Key, AppendRow> select(Connection connection, List<Key> keys, String locking) throws SQLException {
        var found = new HashMap<Key, AppendRow>();
        var threads = threadKeys.find(connection, keys);
        if (!threads.isEmpty()) {
            var places = toPowerOfTwo(threads);
            var sql = SELECT + "WHERE t.thread_key IN (" + String.join(", ", Collections.nCopies(places.size(), "?"))
                    + ")" + locking;
            try (var select = connection.prepareStatement(sql)) {
                var place = 0;
                for (var thread : places) {
                    select.setLong(++place, thread);
                }
                try (var row = select.executeQuery()) {
                    while (row.next()) {
                        found.put(Key.of(row), read(row));
                    }
                }
            }
        }
        threadKeys.forget(keys.stream().filter(key -> !found.containsKey(key)).toList());
        return found;
    }

    /** The same ones, the last as often as it takes, so that there are few statements to prepare. */
    static <T> List<T> toPowerOfTwo(List<T> some) {
        var size = some.size() <= 1 ? 1 : Integer.highestOneBit(some.size() - 1) << 1;
        var places = new ArrayList<>(some);
        places.addAll(Collections.nCopies(size - some.size(), some.get(some.size() - 1)));
        return places;
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
    record Key(String tenant, ThreadId threadId) {

        /** As the row has it in its columns {@code tenant} and {@code thread_id}, the first two. */
        static Key of(ResultSet row) throws SQLException {
            return new Key(row.getString(1), new ThreadId(UUID.fromString(row.getString(2))));
        }
    }
}
