package io.threadstore.rest;

import static io.threadstore.testsupport.Rest.aThread;
import static io.threadstore.testsupport.Rest.json;
import static io.threadstore.testsupport.Rest.path;
import static io.threadstore.testsupport.Rest.post;
import static io.threadstore.testsupport.Rest.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasKey;

import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.threadstore.testsupport.Items;
import io.threadstore.testsupport.Rest;
import io.threadstore.testsupport.TestDatabase;
import java.sql.SQLException;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;

@QuarkusTest
class WritersResourceTest extends RestTest {

    @Test
    void liveWriterIsInTheWayUntilTakenOver() {
        var id = aThread();
        problem(open(id, "{}"), 409, "thread_already_live")
                .body("epoch", equalTo(1))
                .body("$", hasKey("expires_at"));

        open(id, "{\"takeover\":true}")
                .then()
                .statusCode(201)
                .body("thread_id", equalTo(id.toString()))
                .body("epoch", equalTo(2))
                .body("next_ordinal", equalTo(1));
    }

    @Test
    void fencedWriterIsRefusedByAppendPersistFlushAndShutdown() {
        var id = aThread();
        open(id, "{\"takeover\":true}").then().statusCode(201);

        for (var operation : new String[] {"persist", "flush", "shutdown"}) {
            problem(request().header("Writer-Epoch", 1).post(path(id) + "/writer/" + operation), 409, "writer_fenced")
                    .body("epoch", equalTo(2));
        }
        problem(
                json("{\"items\":[" + Items.userMessage("x") + "]}")
                        .header("Writer-Epoch", 1)
                        .post(path(id) + "/items"),
                409,
                "writer_fenced");
        assertThat(Rest.nextOrdinal(id)).isEqualTo(1);
        json("{\"items\":[" + Items.userMessage("x") + "]}")
                .header("Writer-Epoch", 2)
                .post(path(id) + "/items")
                .then()
                .statusCode(200);
    }

    @Test
    void discardOfAFencedWriterLeavesTheNewOneAlone() {
        var id = aThread();
        open(id, "{\"takeover\":true}").then().statusCode(201);

        request().header("Writer-Epoch", 1).delete(path(id) + "/writer").then().statusCode(204);

        request().get(path(id) + "/writer").then().statusCode(200).body("epoch", equalTo(2));
    }

    @Test
    void discardKeepsWhatWasDurableAndIsIdempotent() {
        var id = aThread();
        Rest.append(id, Items.userMessage("kept")).then().statusCode(200);

        request().delete(path(id) + "/writer").then().statusCode(204);
        request().delete(path(id) + "/writer").then().statusCode(204);

        assertThat(Rest.nextOrdinal(id)).isEqualTo(2);
        problem(request().get(path(id) + "/writer"), 404, "writer_not_found");
        problem(request().delete(path(UUID.randomUUID()) + "/writer"), 404, "thread_not_found");
    }

    @Test
    void everyWriterGetsAHigherEpochAlsoAfterShutdown() {
        var id = aThread();
        post(id, "writer/shutdown").then().statusCode(200).body("materialized", equalTo(true));
        request().post(path(id) + "/writer").then().statusCode(201).body("epoch", equalTo(2));
        post(id, "writer/shutdown").then().statusCode(200);

        problem(
                request().contentType("text/plain").body("{}").post(path(id) + "/writer"),
                415,
                "unsupported_media_type");
        open(id, "{}").then().statusCode(201).body("epoch", equalTo(3));
    }

    @Test
    void writersOfAColdThreadAreRefused() {
        var id = aThread();
        post(id, "writer/shutdown").then().statusCode(200);

        for (var operation : new String[] {"persist", "flush", "shutdown"}) {
            problem(post(id, "writer/" + operation), 409, "thread_not_live");
        }
        problem(Rest.append(id, Items.userMessage("x")), 409, "thread_not_live");
        problem(Rest.append(id), 409, "thread_not_live");
        problem(request().get(path(id) + "/writer"), 404, "writer_not_found");
    }

    @Test
    void everyUseRenewsTheLease() throws Exception {
        var id = aThread();
        for (var use : new Runnable[] {
            () -> Rest.append(id, Items.userMessage("x")).then().statusCode(200),
            () -> post(id, "writer/persist").then().statusCode(200),
            () -> post(id, "writer/flush").then().statusCode(200),
        }) {
            moveExpiry(id, -1000);
            use.run();
            assertThat(expiresAt(id)).isAfter(Instant.now().plusSeconds(30));
        }
    }

    @Test
    void appendThatStoresNothing_leavesTheLease() throws Exception {
        var id = aThread();
        Rest.appendAt(id, 1, Items.userMessage("x")).then().statusCode(200);
        for (var use : new Runnable[] {
            () -> Rest.append(id).then().statusCode(200),
            () -> Rest.append(id, Items.event("exec_command_begin", "\"command\":[]"))
                    .then()
                    .body("dropped", equalTo(1)),
            () -> Rest.append(id, Items.event("thread_name_updated", "\"thread_name\":\"n\""))
                    .then()
                    .body("dropped", equalTo(1)),
        }) {
            moveExpiry(id, -1000);
            use.run();
            assertThat(expiresAt(id)).isBefore(Instant.now());
        }

        Rest.appendAt(id, 1, Items.userMessage("x")).then().body("replayed", equalTo(true));
        assertThat(expiresAt(id))
                .as("a replay is a sign of life")
                .isAfter(Instant.now().plusSeconds(30));
    }

    @Test
    void expiryClosesNothingButLetsAnotherWriterIn() throws Exception {
        var id = aThread();
        moveExpiry(id, -1000);
        Rest.append(id, Items.userMessage("goes on")).then().statusCode(200);
        moveExpiry(id, -1000);
        request().get(path(id) + "/writer").then().statusCode(200).body("epoch", equalTo(1));

        open(id, "{}").then().statusCode(201).body("epoch", equalTo(2)).body("next_ordinal", equalTo(2));
    }

    @Test
    void archivedThreadIsResumedOnlyWhenAskedForAndStaysArchived() {
        var id = aThread();
        post(id, "archive").then().statusCode(200);

        problem(open(id, "{}"), 404, "thread_not_found");
        problem(open(id, "{\"takeover\":true}"), 404, "thread_not_found");
        open(id, "{\"include_archived\":true}").then().statusCode(201);

        Rest.append(id, Items.userMessage("x")).then().statusCode(200);
        request().get(path(id) + "?include_archived=true").then().body("$", hasKey("archived_at"));
    }

    @Test
    void persistenceModeIsThatOfTheCurrentWriter() {
        var id = aThread();
        var event = Items.event("exec_command_end", "\"stdout\":\"x\"");
        Rest.append(id, event).then().body("appended", equalTo(0)).body("dropped", equalTo(1));

        open(id, "{\"takeover\":true,\"persistence_mode\":\"extended\"}").then().statusCode(201);

        Rest.append(id, event).then().body("appended", equalTo(1)).body("dropped", equalTo(0));
        Rest.get(id).then().body("persistence_mode", equalTo("extended"));
        problem(open(id, "{\"persistence_mode\":\"all\"}"), 400, "invalid_request")
                .body("errors[0].field", equalTo("persistence_mode"));
    }

    @Test
    void writerOfAnUnknownThreadIsRefused() {
        var id = UUID.randomUUID();

        problem(open(id, "{}"), 404, "thread_not_found");
        problem(request().get(path(id) + "/writer"), 404, "thread_not_found");
        problem(post(id, "writer/flush"), 404, "thread_not_found");
        problem(
                request().header("Writer-Epoch", "new").post(path(aThread()) + "/writer/flush"),
                400,
                "invalid_request");
    }

    private static Response open(UUID id, String body) {
        return json(body).post(path(id) + "/writer");
    }

    private static Instant expiresAt(UUID id) {
        return Instant.parse(request().get(path(id) + "/writer").jsonPath().getString("expires_at"));
    }

    private void moveExpiry(UUID id, long millisFromNow) throws SQLException {
        TestDatabase.updateOne(
                "UPDATE live_writer w JOIN thread t ON t.thread_key = w.thread_key SET w.expires_at = ? WHERE t.thread_id = ?",
                System.currentTimeMillis() + millisFromNow,
                id.toString());
    }
}
