package io.threadstore.rest;

import static io.threadstore.testsupport.Rest.aLazyThread;
import static io.threadstore.testsupport.Rest.aThread;
import static io.threadstore.testsupport.Rest.path;
import static io.threadstore.testsupport.Rest.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.junit.QuarkusTest;
import io.threadstore.idempotency.IdempotencyService;
import io.threadstore.lifecycle.LiveWriterService;
import io.threadstore.testsupport.Items;
import io.threadstore.testsupport.Rest;
import io.threadstore.testsupport.TestDatabase;
import io.threadstore.writer.LiveWriters;
import jakarta.inject.Inject;
import java.sql.SQLException;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What time clears away. The schedule is off in tests, and the clock is the machine's: rows are made older instead. */
@QuarkusTest
class SweepTest extends RestTest {

    private static final long DAY = 24 * 3600 * 1000L;

    private static final String AGE_WRITER =
            "UPDATE live_writer w JOIN thread t ON t.thread_key = w.thread_key SET w.expires_at = ? WHERE t.thread_id = ?";

    @Inject
    LiveWriterService writers;

    @Inject
    LiveWriters liveWriters;

    @Inject
    IdempotencyService idempotency;

    @Test
    void abandonedLazyThreadsThatHoldItemsAreMaterialisedAndTheOthersRemoved() throws Exception {
        var held = aLazyThread();
        Rest.append(held, Items.userMessage("held")).then().statusCode(200);
        var empty = aLazyThread();
        var inUse = aLazyThread();
        for (var id : new UUID[] {held, empty, inUse}) {
            age("UPDATE thread SET lazy_since = ? WHERE thread_id = ?", 2, id);
        }
        for (var id : new UUID[] {held, empty}) {
            age(
                    "UPDATE live_writer w JOIN thread t ON t.thread_key = w.thread_key SET w.expires_at = ? WHERE t.thread_id = ?",
                    2,
                    id);
        }

        while (writers.sweep(10) > 0) {
            // other tests' threads may be swept along
        }

        Rest.get(held).then().statusCode(200).body("item_count", equalTo(2));
        problem(request().get(path(held) + "/writer"), 404, "writer_not_found");
        problem(request().get(path(empty) + "/writer"), 404, "thread_not_found");
        request().get(path(inUse) + "/writer").then().statusCode(200);
    }

    @Test
    void expiredWriter_longAfterItsLease_isClosed() throws Exception {
        var old = aThread();
        var expired = aThread();
        var lazy = aLazyThread();
        age(AGE_WRITER, 31, old);
        age(AGE_WRITER, 29, expired);
        age(AGE_WRITER, 31, lazy);

        while (writers.closeExpired(10) > 0) {
            // other tests' writers may be closed along
        }

        problem(Rest.append(old, Items.agentMessage("a")), 409, "thread_not_live");
        Rest.append(expired, Items.agentMessage("a")).then().statusCode(200);
        // the sweep of lazy threads finds them by their writers
        request().get(path(lazy) + "/writer").then().statusCode(200);
    }

    @Test
    void countOfOpenWriters_readsNoExpiredOnes() throws Exception {
        var thread = aThread();
        TestDatabase.update("""
                INSERT INTO thread (tenant, thread_id, state, epoch, version, next_ordinal, item_count, byte_count, persistence_mode,
                  created_at, updated_at, materialized_at, source_kind, memory_mode, originator)
                SELECT tenant, UUID(), 'ACTIVE', 1, 1, 0, 0, 0, 'LIMITED', 1, 1, 1, 'CLI', 'ENABLED', ? FROM thread, seq_1_to_3000
                WHERE thread_id = ?
                """, "sweep-" + thread, thread.toString());
        try {
            var expired = TestDatabase.update("""
                    INSERT INTO live_writer (thread_key, epoch, persistence_mode, opened_at, expires_at, holder)
                    SELECT thread_key, 1, 'LIMITED', 1, ?, 'x' FROM thread WHERE originator = ?
                    """, System.currentTimeMillis() - DAY, "sweep-" + thread);
            assertThat(expired).isEqualTo(3000);
            var before = TestDatabase.rowsRead();
            QuarkusTransaction.requiringNew().call(liveWriters::countOpen);
            assertThat(TestDatabase.rowsRead() - before).isLessThan(1000);

            before = TestDatabase.rowsRead();
            writers.closeExpired(10);
            assertThat(TestDatabase.rowsRead() - before).isLessThan(1000);
        } finally {
            TestDatabase.update("DELETE FROM thread WHERE originator = ?", "sweep-" + thread);
        }
    }

    @Test
    void keysAreForgottenAfterADay() throws SQLException {
        var old = keyOfARequest();
        var young = keyOfARequest();
        age("UPDATE idempotency_key SET created_at = ? WHERE idempotency_key = ?", 2, old);

        while (idempotency.forget(100) == 100) {
            // other tests' keys may be forgotten along
        }

        assertThat(rows(old)).isZero();
        assertThat(rows(young)).isOne();
    }

    private static UUID keyOfARequest() {
        var key = UUID.randomUUID();
        Rest.json("{\"source\":{\"kind\":\"cli\"}}")
                .header("Idempotency-Key", key)
                .post("/v1/threads")
                .then()
                .statusCode(201);
        return key;
    }

    private static void age(String sql, int days, UUID id) throws SQLException {
        TestDatabase.updateOne(sql, System.currentTimeMillis() - days * DAY, id.toString());
    }

    private static int rows(UUID key) throws SQLException {
        try (var connection = TestDatabase.connect();
                var query =
                        connection.prepareStatement("SELECT COUNT(*) FROM idempotency_key WHERE idempotency_key = ?")) {
            query.setString(1, key.toString());
            try (var found = query.executeQuery()) {
                found.next();
                return found.getInt(1);
            }
        }
    }
}
