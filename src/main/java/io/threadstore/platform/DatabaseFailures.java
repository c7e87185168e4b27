package io.threadstore.platform;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** What the database's failures mean, found in whatever they come wrapped in: as a cause, or suppressed as at a commit. */
public final class DatabaseFailures {

    /** SQLState classes: connection exception, operator intervention (a server that shuts down). */
    private static final Set<String> AWAY = Set.of("08", "57");

    /**
     * MariaDB's errors. A full disk, as noticed by a temporary file (made, written, full), by the server, a table, the binary log's files, the
     * binary log.
     */
    private static final Set<Integer> FULL = Set.of(1, 3, 20, 1021, 1114, 1026, 1598);

    /** Of a lock; with {@code wsrep_sync_wait} also for what other nodes have done, such as an {@code ALTER TABLE}. */
    private static final int WAITED_TOO_LONG = 1205;

    /** Of a statement: MariaDB's, and MySQL's. */
    private static final Set<Integer> TIMEOUT = Set.of(1969, 3024);

    /** Too many connections, of the server or of one user. */
    private static final Set<Integer> TOO_MANY_CONNECTIONS = Set.of(1040, 1203);

    /**
     * Too many connections, of one user's, a node of a cluster that has lost the others (at a statement, at a commit), server shutdown, lock wait
     * time-out, a server that takes no writes now, query interrupted, connection killed, statement time-out.
     */
    private static final Set<Integer> BUSY =
            Set.of(1040, 1203, 1047, 1180, 1053, WAITED_TOO_LONG, 1290, 1317, 1927, 1969, 3024);

    /** What the pool says, without a SQLState, when no connection comes free or one turns out to be broken. */
    private static final List<String> POOL_MESSAGES = List.of("cquisition timeout", "Failed to enlist");

    private static final String SERIALIZATION_FAILURE = "40001";
    private static final String INTEGRITY_VIOLATION = "23";

    private DatabaseFailures() {}

    /** Whether trying again later is likely to help. */
    public static boolean isUnavailable(Throwable failure) {
        return sqlExceptions(failure).stream().anyMatch(DatabaseFailures::isAwayOrBusy) || isOfTheDriver(failure);
    }

    /** Connector/J has stumbled over its own state, as it does where a connection is lost at an unlucky moment and it goes on to another host. */
    private static boolean isOfTheDriver(Throwable failure) {
        for (var cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof NullPointerException
                    && cause.getStackTrace().length > 0
                    && cause.getStackTrace()[0].getClassName().startsWith("org.mariadb.jdbc.")) {
                return true;
            }
        }
        return false;
    }

    /** Whether the database rolled the transaction back because another was in its way: nothing was written. */
    public static boolean isLostRace(Throwable failure) {
        return sqlExceptions(failure).stream()
                .map(SQLException::getSQLState)
                .anyMatch(state -> state != null
                        && (state.equals(SERIALIZATION_FAILURE) || state.startsWith(INTEGRITY_VIOLATION)));
    }

    /** Whether it waited for another in vain, in a database that is well. */
    static boolean hasWaitedTooLong(Throwable failure) {
        return sqlExceptions(failure).stream().anyMatch(sql -> sql.getErrorCode() == WAITED_TOO_LONG);
    }

    /** Whether the server ended a statement because it took too long. */
    static boolean isTimeout(Throwable failure) {
        return sqlExceptions(failure).stream().anyMatch(sql -> TIMEOUT.contains(sql.getErrorCode()));
    }

    /**
     * Why the database did not do its work, in a few words for callers; for failures that are {@link #isUnavailable}.
     */
    public static String explanation(Throwable failure) {
        var causes = sqlExceptions(failure);
        if (isTimeout(failure)) {
            return "a statement of the database took longer than its limit";
        }
        if (hasWaitedTooLong(failure)) {
            return "the thread is locked by another request";
        }
        if (causes.stream().anyMatch(DatabaseFailures::isOfThePool)) {
            return "no database connection is free";
        }
        if (causes.stream().anyMatch(sql -> TOO_MANY_CONNECTIONS.contains(sql.getErrorCode()))) {
            return "the database accepts no more connections";
        }
        if (causes.stream().anyMatch(sql -> FULL.contains(sql.getErrorCode()))) {
            return "the database's disk is full";
        }
        if (causes.stream().anyMatch(sql -> SERIALIZATION_FAILURE.equals(sql.getSQLState()))) {
            return "the transaction conflicted with others";
        }
        return "the database can't be reached";
    }

    private static boolean isOfThePool(SQLException sql) {
        return sql.getSQLState() == null
                && String.valueOf(sql.getMessage()).toLowerCase(Locale.ROOT).contains("acquisition timeout");
    }

    /** A short reason for the log. */
    public static String reason(Throwable failure) {
        return sqlExceptions(failure).stream()
                .filter(DatabaseFailures::isAwayOrBusy)
                .findFirst()
                .map(sql -> sql.getSQLState() + "/" + sql.getErrorCode() + " " + sql.getMessage())
                .orElse("unknown");
    }

    private static boolean isAwayOrBusy(SQLException sql) {
        if (sql instanceof SQLTransientConnectionException
                || FULL.contains(sql.getErrorCode())
                || BUSY.contains(sql.getErrorCode())) {
            return true;
        }
        var state = sql.getSQLState();
        if (state == null) {
            var message = String.valueOf(sql.getMessage());
            return POOL_MESSAGES.stream().anyMatch(message::contains);
        }
        return state.equals(SERIALIZATION_FAILURE) || state.length() == 5 && AWAY.contains(state.substring(0, 2));
    }

    private static List<SQLException> sqlExceptions(Throwable failure) {
        var found = new ArrayList<SQLException>();
        collect(failure, Collections.newSetFromMap(new IdentityHashMap<>()), found);
        return found;
    }

    private static void collect(Throwable failure, Set<Throwable> seen, List<SQLException> found) {
        if (!seen.add(failure)) {
            return;
        }
        if (failure instanceof SQLException sql) {
            found.add(sql);
        }
        if (failure.getCause() != null) {
            collect(failure.getCause(), seen, found);
        }
        for (var suppressed : failure.getSuppressed()) {
            collect(suppressed, seen, found);
        }
    }
}
