package io.threadstore.platform;

import io.agroal.api.AgroalDataSource;
import io.agroal.api.AgroalDataSourceListener;
import io.agroal.api.configuration.AgroalDataSourceConfiguration;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/**
 * How long requests wait for a connection of the database while none can be made. Agroal waits a second and tries again
 * before it reports a refused connection, for every request, unless its acquisition timeout leaves no time for that. So
 * the timeout is short from the first refused connection on: requests fail at once. One thread tries with the usual
 * timeout, which a slow handshake needs, until it has a connection. Only the reserved pool is watched: every append and
 * every health check uses it.
 */
final class AcquisitionTimeouts implements AgroalDataSourceListener {

    private static final Logger LOG = Logger.getLogger(AcquisitionTimeouts.class);

    /** At most this Agroal does not wait between two attempts. */
    private static final Duration SHORT = Duration.ofMillis(100);

    private static final long PAUSE_MILLIS = 100;

    private final AgroalDataSourceConfiguration probes;
    private final Duration usual;
    private final AtomicBoolean isShort = new AtomicBoolean();

    private volatile List<AgroalDataSource> pools = List.of();

    /** @param probes how a pool is made whose connections are like those of requests */
    AcquisitionTimeouts(AgroalDataSourceConfiguration probes, Duration usual) {
        this.probes = probes;
        this.usual = usual;
    }

    /** Whose timeouts change. */
    void pools(AgroalDataSource... all) {
        pools = List.of(all);
    }

    /** To be called when the pools are closed. */
    void stop() {
        pools = List.of();
    }

    @Override
    public void onConnectionCreationFailure(SQLException failure) {
        if (isUnreachable(failure) && !pools.isEmpty() && !isShort.getAndSet(true)) {
            try {
                set(SHORT);
                var thread = new Thread(this::restoreWhenConnected, "database-probe");
                thread.setDaemon(true);
                thread.start();
            } catch (RuntimeException | Error e) { // no thread: requests wait as long as usual
                restore();
                throw e;
            }
        }
    }

    /** A server that has too many connections answers: those that there are will be free again. */
    private static boolean isUnreachable(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof IOException) {
                return true;
            }
        }
        return false;
    }

    private void restoreWhenConnected() {
        try {
            while (!pools.isEmpty() && !isConnected()) {
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            restore();
        }
    }

    private boolean isConnected() {
        try (var pool = AgroalDataSource.from(probes);
                var connection = pool.getConnection()) {
            return !connection.isClosed();
        } catch (SQLException | RuntimeException e) {
            LOG.debugf("the database can't be reached: reason=%s", e);
            return false;
        }
    }

    private void restore() {
        set(usual);
        isShort.set(false);
    }

    private void set(Duration timeout) {
        for (var pool : pools) {
            pool.getConfiguration().connectionPoolConfiguration().setAcquisitionTimeout(timeout);
        }
    }
}
