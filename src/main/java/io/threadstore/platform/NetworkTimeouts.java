package io.threadstore.platform;

import io.agroal.api.AgroalPoolInterceptor;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * How long a database that does not answer is waited for: the driver's {@code socketTimeout}. Connections whose
 * statements may take longer get a longer limit, for the socket and for the server ({@code max_statement_time}), until
 * they are returned to the pool.
 */
@Singleton
public class NetworkTimeouts implements AgroalPoolInterceptor {

    private static final Logger LOG = Logger.getLogger(NetworkTimeouts.class);

    private static final String LIMIT = "SET max_statement_time = ";

    private static final Pattern USUAL = Pattern.compile("(?:^|,)\\s*max_statement_time\\s*=\\s*([0-9.]+)");

    private final int usualMillis;
    private final String usualLimit;

    NetworkTimeouts(
            @ConfigProperty(name = "quarkus.datasource.jdbc.additional-jdbc-properties.socketTimeout") int usualMillis,
            @ConfigProperty(name = "quarkus.datasource.jdbc.additional-jdbc-properties.sessionVariables")
                    String sessionVariables) {
        this.usualMillis = usualMillis;
        // not kept in the session itself: Flyway clears its user variables
        var usual = USUAL.matcher(sessionVariables);
        this.usualLimit = LIMIT + (usual.find() ? usual.group(1) : "DEFAULT");
    }

    /** Removes the limits of this connection until it is returned: for migrations. */
    public static void setNone(Connection connection) throws SQLException {
        set(connection, 0);
        execute(connection, LIMIT + "0");
    }

    /** Lets statements on this connection take longer than usual, until it is returned. */
    public static void setLong(Connection connection, Duration limit) throws SQLException {
        // one more than the usual one may be: so it is seen that the limit has to be restored
        set(connection, (int) limit.toMillis() + 1);
        execute(connection, LIMIT + limit.toMillis() / 1000.0);
    }

    /**
     * @param millis how long an answer is waited for on this connection, until it is returned; at most as long as usual
     */
    public static void set(Connection connection, int millis) throws SQLException {
        connection.setNetworkTimeout(Runnable::run, millis);
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Override
    public void onConnectionReturn(Connection connection) {
        try {
            var millis = connection.getNetworkTimeout();
            if (millis != usualMillis) {
                set(connection, usualMillis);
                execute(connection, usualLimit);
            }
        } catch (SQLException e) {
            LOG.debugf(e, "a connection is given back that is gone");
        }
    }
}
