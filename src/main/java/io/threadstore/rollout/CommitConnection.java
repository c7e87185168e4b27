package io.threadstore.rollout;

import io.agroal.api.AgroalDataSource;
import io.threadstore.platform.NetworkTimeouts;
import java.sql.Connection;
import java.sql.SQLException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** A connection that begins a transaction by itself, taken when it is needed. For one thread, except {@link #abort}. */
final class CommitConnection implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(CommitConnection.class);

    /** One connection that is dead and does not say so must not hold up everybody for as long as TCP would. */
    private static final int TIMEOUT_MILLIS = 10_000;

    private final AgroalDataSource dataSource;
    private volatile @Nullable Connection connection;
    private boolean isInTransaction;

    CommitConnection(AgroalDataSource dataSource) {
        this.dataSource = dataSource;
    }

    Connection get() throws SQLException {
        var held = connection;
        if (held == null) {
            held = dataSource.getConnection();
            connection = held;
            NetworkTimeouts.set(held, TIMEOUT_MILLIS);
            held.setAutoCommit(false);
        }
        isInTransaction = true;
        return held;
    }

    /** The transaction has been committed or rolled back. */
    void settle() {
        isInTransaction = false;
    }

    /**
     * Ends the transaction without a commit and gives the connection back. After an {@code Error} it is cut, because
     * the driver may be in the middle of a message.
     */
    void drop(Throwable cause) {
        var held = connection;
        if (held != null && !(cause instanceof Error)) {
            try {
                held.rollback();
                isInTransaction = false;
            } catch (SQLException | RuntimeException | Error e) {
                cause.addSuppressed(e); // closing it cuts it, and the server rolls back
            }
        }
        close();
    }

    /**
     * Cuts the connection: a statement that waits for its answer fails. Called by any thread; may take seconds. It is
     * the driver's connection that is cut, because Agroal's {@code abort} only forgets it: its transaction would go on,
     * and its place in the pool would be lost.
     */
    void abort() {
        var held = connection;
        if (held != null) {
            try {
                held.unwrap(Connection.class).abort(Runnable::run);
            } catch (SQLException | RuntimeException | Error e) {
                LOG.warnf("a connection could not be cut: reason=%s", e);
            }
        }
    }

    /** Gives the connection back. One in a transaction is cut: the return to auto-commit would commit what it holds. */
    @Override
    public void close() {
        var held = connection;
        if (isInTransaction) {
            abort();
            isInTransaction = false;
        }
        connection = null;
        if (held != null) {
            try (held) {
                held.setAutoCommit(true);
            } catch (SQLException | RuntimeException | Error e) {
                LOG.debugf(e, "a connection is given back that is gone");
            }
        }
    }
}
