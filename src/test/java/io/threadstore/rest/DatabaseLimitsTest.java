package io.threadstore.rest;

import static io.threadstore.testsupport.Rest.aThread;
import static io.threadstore.testsupport.Rest.append;
import static io.threadstore.testsupport.Rest.patch;
import static io.threadstore.testsupport.Rest.path;
import static io.threadstore.testsupport.Rest.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;

import io.agroal.api.AgroalDataSource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.Response;
import io.threadstore.testsupport.Items;
import io.threadstore.testsupport.Rest;
import io.threadstore.testsupport.TestDatabase;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Few connections and a short limit for queries. */
@QuarkusTest
@TestProfile(DatabaseLimitsTest.FewConnections.class)
class DatabaseLimitsTest extends RestTest {

    private static final int CONNECTIONS = 4;

    @Inject
    AgroalDataSource dataSource;

    public static final class FewConnections implements QuarkusTestProfile {

        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "quarkus.datasource.jdbc.max-size",
                    Integer.toString(CONNECTIONS),
                    "threadstore.queries.timeout",
                    "0.02S");
        }
    }

    @Test
    void searchThatTakesTooLong_isEndedAndSaysSo() throws SQLException {
        var thread = aThread();
        TestDatabase.update("""
                INSERT INTO thread (tenant, thread_id, state, epoch, version, next_ordinal, item_count, byte_count, persistence_mode,
                  created_at, updated_at, materialized_at, source_kind, memory_mode, originator, first_user_message)
                SELECT tenant, UUID(), 'ACTIVE', 1, 1, 0, 0, 0, 'LIMITED', 1, 1, 1, 'CLI', 'ENABLED', ?, REPEAT('Ab', 1000)
                FROM thread, seq_1_to_9000 WHERE thread_id = ?
                """, "limits-" + thread, thread.toString());
        try {
            problem(request().get("/v1/threads?search=" + "AbAc".repeat(50)), 503, "unavailable")
                    .header("Retry-After", "1")
                    .body("detail", containsString("the search took longer than 0.02 s"));
        } finally {
            TestDatabase.update("DELETE FROM thread WHERE originator = ?", "limits-" + thread);
        }
    }

    @Test
    void requestsThatWaitForOneThread_leaveConnectionsToOthers() throws Exception {
        var locked = aThread();
        var other = aThread();
        var callers = Executors.newFixedThreadPool(3 * CONNECTIONS);
        try (var locking = locking(locked)) {
            var waiting = Stream.generate(
                            () -> CompletableFuture.supplyAsync(() -> patch(locked, "{\"name\":\"x\"}"), callers))
                    .limit(3 * CONNECTIONS)
                    .toList();
            TimeUnit.MILLISECONDS.sleep(500);

            for (var i = 0; i < 5; i++) {
                Rest.get(other).then().statusCode(200);
                patch(other, "{\"name\":\"y\"}").then().statusCode(200);
                append(other, Items.agentMessage("a")).then().statusCode(200);
            }
            assertThat(waiting).noneMatch(CompletableFuture::isDone);
            for (var waiter : waiting) {
                problem(waiter.get(1, TimeUnit.MINUTES), 503, "unavailable")
                        .body("detail", containsString("the thread is locked by another request"));
            }
            locking.rollback();
        } finally {
            callers.shutdownNow();
        }
        patch(locked, "{\"name\":\"z\"}").then().statusCode(200);
    }

    @Test
    void exhaustedPool_leavesAppendsAndReadinessAlone() throws Exception {
        var thread = aThread();
        List<Connection> held = new ArrayList<>();
        try {
            for (var i = 0; i < CONNECTIONS; i++) {
                held.add(dataSource.getConnection());
            }

            append(thread, Items.agentMessage("a")).then().statusCode(200);
            problem(read(thread), 503, "unavailable").body("detail", containsString("no database connection is free"));
            request().get("/q/health/ready").then().statusCode(200);
        } finally {
            for (var connection : held) {
                connection.close();
            }
        }
        read(thread).then().statusCode(200);
    }

    private static Response read(UUID thread) {
        return request().get(path(thread));
    }

    private static Connection locking(UUID thread) throws SQLException {
        var connection = TestDatabase.connect();
        connection.setAutoCommit(false);
        try (var select = connection.prepareStatement(
                // by its key: a scan would lock all rows
                "SELECT * FROM thread WHERE tenant = 'default' AND thread_id = ? FOR UPDATE")) {
            select.setString(1, thread.toString());
            try (var row = select.executeQuery()) {
                assertThat(row.next()).isTrue();
            }
        }
        return connection;
    }
}
