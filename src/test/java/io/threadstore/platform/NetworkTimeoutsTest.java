package io.threadstore.platform;

import static io.threadstore.testsupport.Rest.aThread;
import static io.threadstore.testsupport.Rest.append;
import static io.threadstore.testsupport.Rest.path;
import static io.threadstore.testsupport.Rest.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.agroal.api.AgroalDataSource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.threadstore.testsupport.Items;
import io.threadstore.testsupport.TestDatabase;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;

/** A database whose locks stand in for one that says nothing. */
@QuarkusTest
@WithTestResource(TestDatabase.class)
@TestProfile(NetworkTimeoutsTest.Impatient.class)
class NetworkTimeoutsTest {

    private static final int USUAL_MILLIS = 1000;
    private static final int CONNECTIONS = 5;

    @Inject
    AgroalDataSource dataSource;

    @Inject
    Flyway flyway;

    public static final class Impatient implements QuarkusTestProfile {

        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "quarkus.datasource.jdbc.additional-jdbc-properties.socketTimeout", Integer.toString(USUAL_MILLIS));
        }
    }

    @Test
    void eachConnectionHasTheUsualTimeoutWhateverItWasUsedFor() throws SQLException {
        assertAllUsual();

        var held = some();
        for (var connection : held) {
            NetworkTimeouts.setNone(connection);
            assertThat(connection.getNetworkTimeout()).isZero();
            assertThat(statementSeconds(connection)).isZero();
        }
        close(held);

        assertAllUsual();
    }

    private void assertAllUsual() throws SQLException {
        var held = some();
        for (var connection : held) {
            assertThat(connection.getNetworkTimeout()).isEqualTo(USUAL_MILLIS);
            assertThat(statementSeconds(connection)).isEqualTo(12);
        }
        close(held);
    }

    private static int statementSeconds(Connection connection) throws SQLException {
        try (var statement = connection.createStatement();
                var row = statement.executeQuery("SELECT @@max_statement_time")) {
            row.next();
            return row.getInt(1);
        }
    }

    private List<Connection> some() throws SQLException {
        var held = new ArrayList<Connection>();
        for (var i = 0; i < CONNECTIONS; i++) {
            held.add(dataSource.getConnection());
        }
        return held;
    }

    private static void close(Iterable<Connection> held) throws SQLException {
        for (var connection : held) {
            connection.close();
        }
    }

    @Test
    void migrationsWaitForAsLongAsItTakes() throws SQLException {
        try (var connection = flyway.getConfiguration().getDataSource().getConnection()) {
            assertThat(connection.getNetworkTimeout()).isZero();
        }
    }

    @Test
    void whoeverWaitsTooLongGets503() throws SQLException {
        var thread = aThread();
        try (var locking = locking("thread", thread)) {
            append(thread, Items.agentMessage("a")).then().statusCode(503);
            locking.rollback();
        }
        append(thread, Items.agentMessage("a")).then().statusCode(200);
    }

    @Test
    void deletion_ofADatabaseThatDoesNotAnswer_isAbandoned() throws Exception {
        var thread = aThread();
        append(thread, Items.agentMessage("a")).then().statusCode(200);
        CompletableFuture<Integer> deletion;
        try (var locking = locking("rollout_item", thread)) {
            deletion = CompletableFuture.supplyAsync(
                    () -> request().delete(path(thread)).statusCode());
            assertThat(deletion.get(1, TimeUnit.MINUTES)).isEqualTo(503);
            locking.rollback();
        }
        request().delete(path(thread)).then().statusCode(204);
    }

    /** Locks the thread's rows of that table until it is rolled back. */
    private Connection locking(String table, UUID thread) throws SQLException {
        var connection = dataSource.getConnection();
        connection.setAutoCommit(false);
        try (var select = connection.prepareStatement("SELECT * FROM " + table
                + " WHERE thread_key = (SELECT thread_key FROM thread WHERE thread_id = ?) FOR UPDATE")) {
            select.setString(1, thread.toString());
            try (var row = select.executeQuery()) {
                assertThat(row.next()).isTrue();
            }
        }
        return connection;
    }
}
