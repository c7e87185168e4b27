package io.threadstore.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.threadstore.platform.embedded.EmbeddedMariaDb;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Replicas that start at the same moment on a database that has no tables yet. */
class SimultaneousStartIT {

    private static final int REPLICAS = 3;

    private final EmbeddedMariaDb database = new EmbeddedMariaDb(Path.of("target", "simultaneous-start-database"));
    private final List<ServiceProcess> replicas = new ArrayList<>();

    @BeforeEach
    void emptyTheDatabase() throws Exception {
        database.start();
        execute("DROP DATABASE threadstore", "CREATE DATABASE threadstore CHARACTER SET utf8mb4");
    }

    @AfterEach
    void stop() {
        replicas.forEach(ServiceProcess::close);
        database.stop();
    }

    /** @param cluster whether they are told that it is a cluster, with its own lock; one server knows its settings, too */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void eachMigrationIsDoneByOneAndAllServe(boolean cluster) throws Exception {
        for (var i = 0; i < REPLICAS; i++) {
            replicas.add(ServiceProcess.launch(
                    Map.of(
                            "THREADSTORE_DB_CLUSTER", Boolean.toString(cluster),
                            "THREADSTORE_DB_URL", property("url"),
                            "THREADSTORE_DB_USERNAME", property("username"),
                            "THREADSTORE_DB_PASSWORD", property("password")),
                    "-Xmx256m"));
        }

        for (var replica : replicas) {
            replica.awaitReady();
        }

        assertThat(migrations()).hasSizeGreaterThan(3).doesNotContain(false);
        if (cluster) {
            assertThat(count("migration_lock")).as("locks that are held still").isZero();
        }
        for (var replica : replicas) {
            var created = replica.post("/v1/threads", "{\"source\":{\"kind\":\"cli\"}}");
            assertThat(created.statusCode()).isEqualTo(201);
        }
    }

    /** Whether each succeeded, in their order; each is there once. */
    private List<Boolean> migrations() throws Exception {
        var versions = new ArrayList<String>();
        var successes = new ArrayList<Boolean>();
        try (var connection = connect();
                var statement = connection.createStatement();
                var rows = statement.executeQuery(
                        "SELECT version, success FROM flyway_schema_history ORDER BY installed_rank")) {
            while (rows.next()) {
                versions.add(rows.getString(1));
                successes.add(rows.getBoolean(2));
            }
        }
        assertThat(new HashSet<>(versions)).hasSameSizeAs(versions);
        return successes;
    }

    private int count(String table) throws Exception {
        try (var connection = connect();
                var statement = connection.createStatement();
                var row = statement.executeQuery("SELECT COUNT(*) FROM " + table)) {
            row.next();
            return row.getInt(1);
        }
    }

    private void execute(String... statements) throws Exception {
        try (var connection = connect();
                var statement = connection.createStatement()) {
            for (var sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(property("url"), property("username"), property("password"));
    }

    private String property(String name) {
        return database.connectionProperties().get("threadstore.db." + name);
    }
}
