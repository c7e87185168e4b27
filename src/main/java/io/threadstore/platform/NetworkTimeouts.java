package io.threadstore.platform;

import io.agroal.api.AgroalPoolInterceptor;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * How long a database that says nothing is waited for: the driver's {@code socketTimeout}, and for as long as it takes on connections whose
 * statements may run for long. Those are like the others again when they are given back to the pool.
 */
@Singleton
public class NetworkTimeouts implements AgroalPoolInterceptor {

    private static final Logger LOG = Logger.getLogger(NetworkTimeouts.class);

    private final int usualMillis;

    NetworkTimeouts(
            @ConfigProperty(name = "quarkus.datasource.jdbc.additional-jdbc-properties.socketTimeout")
                    int usualMillis) {
        this.usualMillis = usualMillis;
    }

    /** Waits on this connection for as long as it takes, until it is given back. */
    public static void setNone(Connection connection) throws SQLException {
        set(connection, 0);
    }

    /** @param millis how long is waited on this connection, until it is given back */
    public static void set(Connection connection, int millis) throws SQLException {
        connection.setNetworkTimeout(Runnable::run, millis);
    }

    @Override
    public void onConnectionReturn(Connection connection) {
        try {
            set(connection, usualMillis);
        } catch (SQLException e) {
            LOG.debugf(e, "a connection is given back that is gone");
        }
    }
}
