package io.threadstore.testsupport;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.threadstore.platform.PrivateDatabase;
import io.threadstore.platform.embedded.EmbeddedMariaDb;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;

/** The real MariaDB that tests run on: the server that THREADSTORE_DB_URL names, or else an embedded one below target. */
public final class TestDatabase implements QuarkusTestResourceLifecycleManager {

    private static final String URL = "threadstore.db.url";
    private static final String USERNAME = "threadstore.db.username";
    private static final String PASSWORD = "threadstore.db.password";
    private static final String OWN = "test.";

    private PrivateDatabase database;

    /** Whether a server is given, and tests must leave its process alone. */
    public static boolean isGiven() {
        var url = System.getenv("THREADSTORE_DB_URL");
        return url != null && !url.isBlank();
    }

    /** A connection past the service, for tests that look at rows or change them. */
    public static Connection connect() throws SQLException {
        return isGiven()
                ? DriverManager.getConnection(
                        System.getenv("THREADSTORE_DB_URL"),
                        System.getenv("THREADSTORE_DB_USERNAME"),
                        System.getenv("THREADSTORE_DB_PASSWORD"))
                : DriverManager.getConnection(
                        System.getProperty(OWN + URL),
                        System.getProperty(OWN + USERNAME),
                        System.getProperty(OWN + PASSWORD));
    }

    /** How many rows the whole server has read through indexes and by scans so far. */
    public static long rowsRead() throws SQLException {
        try (var connection = connect();
                var statement = connection.createStatement();
                var row = statement.executeQuery(
                        "SELECT SUM(variable_value) FROM information_schema.global_status WHERE variable_name LIKE 'HANDLER_READ%'"
                                + " AND variable_name NOT LIKE '%RND%'")) {
            assertThat(row.next()).isTrue();
            return row.getLong(1);
        }
    }

    /** Runs a statement past the service. Returns how many rows it changed. */
    public static int update(String sql, Object... values) throws SQLException {
        try (var connection = connect();
                var statement = connection.prepareStatement(sql)) {
            for (var i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            return statement.executeUpdate();
        }
    }

    /** The number that a query finds past the service. */
    public static long number(String sql, Object... values) throws SQLException {
        try (var connection = connect();
                var statement = connection.prepareStatement(sql)) {
            for (var i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            try (var row = statement.executeQuery()) {
                assertThat(row.next()).isTrue();
                return row.getLong(1);
            }
        }
    }

    /** Changes one row past the service. */
    public static void updateOne(String sql, Object... values) throws SQLException {
        try (var connection = connect();
                var statement = connection.prepareStatement(sql)) {
            for (var i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            assertThat(statement.executeUpdate()).isEqualTo(1);
        }
    }

    @Override
    public Map<String, String> start() {
        if (isGiven()) {
            return Map.of();
        }
        database = new EmbeddedMariaDb(Path.of("target", "test-database"));
        database.start();
        var properties = database.connectionProperties();
        // tests may be loaded by another class loader than this resource
        properties.forEach((name, value) -> System.setProperty(OWN + name, value));
        return properties;
    }

    @Override
    public void stop() {
        if (database != null) {
            database.stop();
        }
    }
}
