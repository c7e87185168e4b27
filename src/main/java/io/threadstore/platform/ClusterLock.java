package io.threadstore.platform;

import java.sql.SQLException;
import java.sql.SQLIntegrityConstraintViolationException;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A lock that holds on all nodes of a Galera cluster, where {@code GET_LOCK} and locked rows are known to one node only: a row
 * that only one can insert. Its holder counts it up every second; who sees the same count for long enough takes it for dead. That is told by
 * counts rather than by a time, as a statement that stops the whole cluster, such as an {@code ALTER TABLE}, stops the counting and
 * the looking alike.
 */
final class ClusterLock {

    private static final Logger LOG = Logger.getLogger(ClusterLock.class);
    private static final long BEAT_MILLIS = 1000;

    private final DataSource dataSource;
    private final Duration patience;
    private final String holder = UUID.randomUUID().toString();
    private final ScheduledExecutorService heart = Executors.newSingleThreadScheduledExecutor(task -> {
        var thread = new Thread(task, "cluster-lock");
        thread.setDaemon(true);
        return thread;
    });

    /** @param patience how long a holder that does not count is waited for */
    ClusterLock(DataSource dataSource, Duration patience) {
        this.dataSource = dataSource;
        this.patience = patience;
    }

    /** Waits until it is this one's. */
    void acquire() throws SQLException, InterruptedException {
        execute(
                "CREATE TABLE IF NOT EXISTS migration_lock (id TINYINT PRIMARY KEY, holder CHAR(36) NOT NULL, beats BIGINT NOT NULL)"
                        + " ENGINE = InnoDB DEFAULT CHARACTER SET ascii");
        var seen = "";
        var seenAt = System.nanoTime();
        var isFirst = true;
        while (!insert()) {
            if (isFirst) {
                LOG.info("another replica migrates the schema: this one waits for it");
                isFirst = false;
            }
            var current = holderAndBeats();
            if (current == null || !current.equals(seen)) {
                seen = String.valueOf(current);
                seenAt = System.nanoTime();
            } else if (System.nanoTime() - seenAt > patience.toNanos()) {
                LOG.warnf(
                        "the replica that held the lock for migrations has not been heard of for %s: it is taken for dead",
                        patience);
                delete(seen);
            }
            TimeUnit.MILLISECONDS.sleep(BEAT_MILLIS / 2);
        }
        heart.scheduleWithFixedDelay(this::beat, BEAT_MILLIS, BEAT_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Lets the next have it. */
    void release() {
        heart.shutdownNow();
        try {
            execute("DELETE FROM migration_lock WHERE holder = ?", holder);
        } catch (SQLException e) {
            LOG.warn("the lock for migrations could not be given back: others will wait for " + patience, e);
        }
    }

    private boolean insert() throws SQLException {
        try {
            execute("INSERT INTO migration_lock (id, holder, beats) VALUES (1, ?, 0)", holder);
            return true;
        } catch (SQLIntegrityConstraintViolationException e) {
            return false;
        } catch (SQLException e) {
            if (DatabaseFailures.isLostRace(e) || DatabaseFailures.hasWaitedTooLong(e)) {
                return false;
            }
            throw e;
        }
    }

    private void delete(String holderAndBeats) throws SQLException {
        try {
            execute("DELETE FROM migration_lock WHERE CONCAT(holder, ' ', beats) = ?", holderAndBeats);
        } catch (SQLException e) {
            if (!DatabaseFailures.isLostRace(e)) {
                throw e;
            }
        }
    }

    /** Null where it can't be told: the looking waited for a statement that stops the whole cluster. */
    private @Nullable String holderAndBeats() throws SQLException {
        try (var connection = dataSource.getConnection();
                var statement = connection.createStatement();
                var row = statement.executeQuery("SELECT CONCAT(holder, ' ', beats) FROM migration_lock")) {
            return row.next() ? row.getString(1) : "";
        } catch (SQLException e) {
            if (DatabaseFailures.hasWaitedTooLong(e)) {
                return null;
            }
            throw e;
        }
    }

    private void beat() {
        try {
            if (execute("UPDATE migration_lock SET beats = beats + 1 WHERE holder = ?", holder) == 0) {
                LOG.warn("another replica has taken this one for dead, and migrates the schema as well");
                heart.shutdown();
            }
        } catch (Throwable e) {
            // the next may succeed; an exception, or an Error, would end them all
            LOG.debug("a beat is missing", e);
        }
    }

    private int execute(String sql, String... values) throws SQLException {
        try (var connection = dataSource.getConnection();
                var statement = connection.prepareStatement(sql)) {
            for (var i = 0; i < values.length; i++) {
                statement.setString(i + 1, values[i]);
            }
            return statement.executeUpdate();
        }
    }
}
