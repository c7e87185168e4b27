package io.threadstore.rollout;

import io.threadstore.platform.LimitedMap;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * Which rows the threads have that were looked up last: by its primary key the database finds a row with less work than by tenant and id.
 * What is remembered is no more than a guess (a thread may be deleted and made again, a backup be restored), so the row that is found
 * has to say itself whose it is.
 */
@ApplicationScoped
class ThreadKeys {

    private static final int MAX_KNOWN = 20_000;

    private static final String SELECT = "SELECT t.tenant, t.thread_id, t.thread_key FROM thread t WHERE ";
    private static final String ONE_THREAD = "(t.tenant = ? AND t.thread_id = ?)";

    private final Map<AppendRows.Key, Long> known = LimitedMap.leastRecentlyUsed(MAX_KNOWN);

    /** The primary keys of those of the threads that there are, looked up where they are not known. */
    List<Long> find(Connection connection, List<AppendRows.Key> threads) throws SQLException {
        var keys = new ArrayList<Long>(threads.size());
        var unknown = new ArrayList<AppendRows.Key>();
        for (var thread : threads) {
            var key = known.get(thread);
            if (key == null) {
                unknown.add(thread);
            } else {
                keys.add(key);
            }
        }
        if (!unknown.isEmpty()) {
            keys.addAll(lookUp(connection, unknown));
        }
        return keys;
    }

    private List<Long> lookUp(Connection connection, List<AppendRows.Key> threads) throws SQLException {
        var keys = new ArrayList<Long>(threads.size());
        var places = AppendRows.toPowerOfTwo(threads);
        var sql = SELECT + String.join(" OR ", Collections.nCopies(places.size(), ONE_THREAD));
        try (var select = connection.prepareStatement(sql)) {
            var place = 0;
            for (var thread : places) {
                select.setString(++place, thread.tenant());
                select.setString(++place, thread.threadId().toString());
            }
            try (var row = select.executeQuery()) {
                while (row.next()) {
                    keys.add(row.getLong(3));
                    known.put(AppendRows.Key.of(row), row.getLong(3));
                }
            }
        }
        return keys;
    }

    /** Has them looked up when they are asked for again: their rows may be gone, or only locked or without a writer. */
    void forget(Collection<AppendRows.Key> threads) {
        threads.forEach(known::remove);
    }
}
