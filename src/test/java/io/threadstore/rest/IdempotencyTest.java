package io.threadstore.rest;

import static io.threadstore.testsupport.Rest.path;
import static io.threadstore.testsupport.Rest.request;
import static io.threadstore.testsupport.Together.together;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.threadstore.testsupport.Items;
import io.threadstore.testsupport.Rest;
import io.threadstore.testsupport.TestDatabase;
import java.io.ByteArrayOutputStream;
import java.sql.SQLException;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Requests that say by a key that they are the same one again. */
@QuarkusTest
class IdempotencyTest extends RestTest {

    private static final int CALLERS = 12;

    private final String key = UUID.randomUUID().toString();
    private final UUID id = UUID.randomUUID();

    @Test
    void sameRequestAgainGetsTheFirstAnswerAgain() {
        var first = create(key, "{\"source\":{\"kind\":\"cli\"}}");
        first.then().statusCode(201).header("Idempotent-Replayed", nullValue());
        var made = UUID.fromString(first.jsonPath().getString("thread_id"));
        Rest.append(made, Items.userMessage("the thread goes on")).then().statusCode(200);

        var again = create(key, "{\"source\":{\"kind\":\"cli\"}}");

        again.then().statusCode(201).header("Idempotent-Replayed", "true");
        assertThat(again.asString()).isEqualTo(first.asString());
        assertThat(again.contentType()).isEqualTo(first.contentType());
        assertThat(again.header("Location")).isEqualTo(first.header("Location"));
        assertThat(again.header("ETag")).isEqualTo(first.header("ETag"));
    }

    @Test
    void firstAnswerIsTheSameWithAndWithoutAKey() {
        var body =
                "{\"thread_id\":\"%s\",\"source\":{\"kind\":\"custom\",\"custom\":\"a\\\"b\"},\"name\":\"\\u00e4\\ud83d\\ude00\"}";
        var plain = create(null, body.formatted(UUID.randomUUID())).then().extract();
        var keyed = create(key, body.formatted(UUID.randomUUID())).then().extract();

        assertThat(keyed.contentType()).isEqualTo(plain.contentType());
        assertThat(keyed.jsonPath().getMap("").keySet())
                .isEqualTo(plain.jsonPath().getMap("").keySet());
        assertThat(keyed.jsonPath().getString("name"))
                .isEqualTo(plain.jsonPath().getString("name"));
        assertThat(keyed.headers().asList().stream().map(h -> h.getName()))
                .containsAll(
                        plain.headers().asList().stream().map(h -> h.getName()).toList());
    }

    @Test
    void sameKeyWithAnotherRequestIsRefused() {
        create(key, "{\"source\":{\"kind\":\"cli\"}}").then().statusCode(201);

        problem(create(key, "{\"source\":{\"kind\":\"exec\"}}"), 422, "idempotency_key_reused");
        problem(importRollout(key, id, Items.rolloutFileAs(id)), 422, "idempotency_key_reused");

        problem(Rest.get(id), 404, "thread_not_found");
    }

    @Test
    void sameFileForAnotherThreadIsAnotherRequest() {
        importRollout(key, id, Items.rolloutFileAs(id)).then().statusCode(201);

        problem(importRollout(key, Items.ROLLOUT, Items.rolloutFile(Items.ROLLOUT)), 422, "idempotency_key_reused");
    }

    @Test
    void importIsAnsweredAgainEvenPackedAndAfterTheThreadHasChanged() throws Exception {
        var file = Items.rolloutFileAs(id);
        var first = importRollout(key, id, file);
        first.then().statusCode(201).body("appended", equalTo(59)).header("Idempotent-Replayed", nullValue());
        Rest.post(id, "archive").then().statusCode(200);

        var packed = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(packed)) {
            gzip.write(file);
        }
        var again = request()
                .contentType(Rest.NDJSON)
                .header("Idempotency-Key", key)
                .header("Content-Encoding", "gzip")
                .body(packed.toByteArray())
                .put(path(id) + "/rollout");

        again.then().statusCode(201).header("Idempotent-Replayed", "true");
        assertThat(again.asString()).isEqualTo(first.asString());
        assertThat(again.header("Location")).isEqualTo(first.header("Location"));
        // without the key the file is compared with what is stored
        importRollout(null, id, file).then().statusCode(200).body("replayed", equalTo(59));
    }

    @Test
    void rehearsalTakesNoKey() {
        var file = Items.rolloutFileAs(id);
        request()
                .contentType(Rest.NDJSON)
                .header("Idempotency-Key", key)
                .body(file)
                .put(path(id) + "/rollout?dry_run=true")
                .then()
                .statusCode(201);

        importRollout(key, id, file).then().statusCode(201).header("Idempotent-Replayed", nullValue());
    }

    @Test
    void failureKeepsNothing() {
        var body = "{\"thread_id\":\"" + id + "\",\"source\":{\"kind\":\"cli\"}}";
        Rest.create(id, "").then().statusCode(201);
        problem(create(key, body), 409, "thread_already_live");
        request().delete(path(id)).then().statusCode(204);

        create(key, body).then().statusCode(201).header("Idempotent-Replayed", nullValue());
        problem(create(key, "{"), 400, "invalid_request");
    }

    @Test
    void deletedThreadsAnswerIsStillGivenAndNothingMadeAnew() {
        var body = "{\"thread_id\":\"" + id + "\",\"source\":{\"kind\":\"cli\"}}";
        create(key, body).then().statusCode(201);
        request().delete(path(id)).then().statusCode(204);

        create(key, body).then().statusCode(201).header("Idempotent-Replayed", "true");
        problem(Rest.get(id), 404, "thread_not_found");
    }

    @RepeatedTest(5)
    void manyAtOnceMakeOneThread() throws Exception {
        var answers = together(CALLERS, caller -> create(key, "{\"source\":{\"kind\":\"cli\"}}"));

        assertThat(answers).extracting(Response::statusCode).containsOnly(201);
        assertThat(answers)
                .extracting(Response::asString)
                .containsOnly(answers.get(0).asString());
        assertThat(answers.stream().filter(answer -> answer.header("Idempotent-Replayed") == null))
                .hasSize(1);
    }

    @RepeatedTest(5)
    void manyAtOnceWithAnIdOfTheirOwnMakeOneThreadAndMeetNoConflict() throws Exception {
        var body = "{\"thread_id\":\"" + id + "\",\"source\":{\"kind\":\"cli\"}}";

        var answers = together(CALLERS, caller -> create(key, body));

        assertThat(answers).extracting(Response::statusCode).containsOnly(201);
    }

    @Test
    void keysThatAreNoneAreRefused() {
        for (var wrong : new String[] {"", "a b", "x".repeat(256)}) {
            problem(create(wrong, "{\"source\":{\"kind\":\"cli\"}}"), 400, "invalid_request");
        }
        create("x".repeat(255), "{\"source\":{\"kind\":\"cli\"}}").then().statusCode(201);
        problem(
                Rest.json("{\"source\":{\"kind\":\"cli\"}}")
                        .header("Idempotency-Key", key, "another")
                        .post("/v1/threads"),
                400,
                "invalid_request");
    }

    @Test
    void afterADayTheKeyIsNewAgain() throws SQLException {
        var body = "{\"source\":{\"kind\":\"cli\"}}";
        var first = create(key, body).jsonPath().getString("thread_id");
        age(key, 23);
        assertThat(create(key, body).jsonPath().getString("thread_id")).isEqualTo(first);
        age(key, 25);

        assertThat(create(key, body).jsonPath().getString("thread_id")).isNotEqualTo(first);
    }

    @RepeatedTest(5)
    void expiredKey_manyAtOnce_makeOneThread() throws Exception {
        var body = "{\"source\":{\"kind\":\"cli\"}}";
        create(key, body).then().statusCode(201);
        age(key, 25);

        var answers = together(CALLERS, caller -> create(key, body));

        assertThat(answers).extracting(Response::statusCode).containsOnly(201);
        assertThat(answers)
                .extracting(answer -> answer.jsonPath().getString("thread_id"))
                .containsOnly(answers.get(0).jsonPath().getString("thread_id"));
    }

    @Test
    void expiredKey_replacedByAnotherReplicaMeanwhile_isAnsweredWithItsResponse() throws Exception {
        var body = "{\"source\":{\"kind\":\"cli\"}}";
        create(key, body).then().statusCode(201);
        age(key, 25);
        try (var replica = TestDatabase.connect();
                var replace = replica.prepareStatement(
                        "UPDATE idempotency_key SET created_at = UNIX_TIMESTAMP() * 1000, body = ? WHERE idempotency_key = ?")) {
            replica.setAutoCommit(false);
            replace.setString(1, "{\"thread_id\":\"of the other replica\"}");
            replace.setString(2, key);
            assertThat(replace.executeUpdate()).isOne();
            var answer = CompletableFuture.supplyAsync(() -> create(key, body));
            awaitLockWait();
            replica.commit();

            assertThat(answer.get(10, TimeUnit.SECONDS).jsonPath().getString("thread_id"))
                    .isEqualTo("of the other replica");
        }
    }

    private static void awaitLockWait() throws Exception {
        var deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(4);
        while (TestDatabase.number("SELECT COUNT(*) FROM information_schema.processlist WHERE id <> CONNECTION_ID()"
                                + " AND command <> 'Sleep' AND info LIKE '%idempotency_key%'")
                        == 0
                && System.nanoTime() < deadline) {
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    private static Response create(String key, String body) {
        var request = Rest.json(body);
        return (key == null ? request : request.header("Idempotency-Key", key)).post("/v1/threads");
    }

    private static Response importRollout(String key, UUID id, byte[] file) {
        var request = request().contentType(Rest.NDJSON).body(file);
        return (key == null ? request : request.header("Idempotency-Key", key)).put(path(id) + "/rollout");
    }

    private void age(String key, int hours) throws SQLException {
        TestDatabase.updateOne(
                "UPDATE idempotency_key SET created_at = UNIX_TIMESTAMP() * 1000 - ? WHERE idempotency_key = ?",
                hours * 3_600_000L,
                key);
    }
}
