package io.threadstore.platform;

import jakarta.enterprise.context.RequestScoped;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.Executor;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The query that the current request waits for, so that the database ends it when the client disconnects. */
@RequestScoped
public class RunningQuery {

    private static final Logger LOG = Logger.getLogger(RunningQuery.class);

    private final Slot slot = new Slot();

    /** Executes a query of this request. The reader gets the driver's own rows, and must not keep them. */
    public <T extends @Nullable Object> T execute(PreparedStatement select, RowReader<T> reader) throws SQLException {
        slot.begin(select);
        try (var rows = select.executeQuery().unwrap(ResultSet.class)) {
            return reader.read(rows);
        } finally {
            slot.end();
        }
    }

    /** The place of this request's statement, for other threads. */
    public Slot slot() {
        return slot;
    }

    /** Reads the rows of a query. */
    @FunctionalInterface
    public interface RowReader<T extends @Nullable Object> {
        T read(ResultSet rows) throws SQLException;
    }

    /** Holds the statement that runs, if there is one. */
    public static final class Slot {

        private volatile @Nullable Statement running;

        private synchronized void begin(Statement statement) {
            running = statement;
        }

        /** Waits for a cancellation that has begun: it must not hit the next statement of the connection. */
        private synchronized void end() {
            running = null;
        }

        /** Ends the statement that runs. Nothing happens if none does. */
        public void cancel(Executor executor) {
            if (running != null) {
                // the driver opens a connection for it
                executor.execute(this::cancelNow);
            }
        }

        private synchronized void cancelNow() {
            var statement = running;
            if (statement != null) {
                try {
                    statement.cancel();
                } catch (SQLException e) {
                    LOG.debugf(e, "the query of a client that disconnected runs on until its limit");
                }
            }
        }
    }
}
