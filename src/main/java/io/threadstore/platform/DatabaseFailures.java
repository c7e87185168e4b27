package io.threadstore.platform;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which failures mean that the database is away or busy, and not that something is wrong. */
public final class DatabaseFailures {

    /** SQLState classes: connection exception, operator intervention (a server that shuts down). */
    private static final Set<String> AWAY = Set.of("08", "57");

    /** MariaDB's errors: too many connections, server shutdown, lock wait time-out, query interrupted, statement time-out. */
    private static final Set<Integer> BUSY = Set.of(1040, 1053, 1205, 1317, 1969, 3024);

    /** What the pool says, without a SQLState, when no connection comes free or one turns out to be broken. */
    private static final List<String> POOL_MESSAGES = List.of("cquisition timeout", "Failed to enlist");

    private static final String DEADLOCK = "40001";

    private DatabaseFailures() {}

    /** Whether trying again later is likely to help. */
    public static boolean isUnavailable(Throwable failure) {
        return find(failure) != null;
    }

    /** A short reason for the log. */
    public static String reason(Throwable failure) {
        var found = find(failure);
        return found == null ? "unknown" : found.getSQLState() + "/" + found.getErrorCode() + " " + found.getMessage();
    }

    private static @Nullable SQLException find(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql && isAwayOrBusy(sql)) {
                return sql;
            }
        }
        return null;
    }

    private static boolean isAwayOrBusy(SQLException sql) {
        if (sql instanceof SQLTransientConnectionException || BUSY.contains(sql.getErrorCode())) {
            return true;
        }
        var state = sql.getSQLState();
        if (state == null) {
            var message = String.valueOf(sql.getMessage());
            return POOL_MESSAGES.stream().anyMatch(message::contains);
        }
        return state.equals(DEADLOCK) || state.length() == 5 && AWAY.contains(state.substring(0, 2));
    }
}
