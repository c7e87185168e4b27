package io.threadstore.testsupport;

import static io.restassured.RestAssured.config;
import static io.restassured.RestAssured.given;

import io.restassured.config.EncoderConfig;
import io.restassured.config.LogConfig;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** The REST API as tests call it. */
public final class Rest {

    public static final String JSON = "application/json";
    public static final String NDJSON = "application/x-ndjson";
    public static final String MERGE_PATCH = "application/merge-patch+json";
    public static final String PROBLEM = "application/problem+json";

    /** Quarkus has requests kept as text in case their test fails, which a body of 75 MB is not made for. */
    private static final LogConfig NOTHING = LogConfig.logConfig();

    private static final EncoderConfig AS_IT_IS =
            EncoderConfig.encoderConfig().appendDefaultContentCharsetToContentTypeIfUndefined(false);

    private Rest() {}

    public static RequestSpecification request() {
        return given().config(config().encoderConfig(AS_IT_IS).logConfig(NOTHING))
                .urlEncodingEnabled(true);
    }

    public static RequestSpecification json(String body) {
        return request().contentType(JSON).body(body.getBytes(StandardCharsets.UTF_8));
    }

    public static RequestSpecification ndjson(String body) {
        return request().contentType(NDJSON).body(body.getBytes(StandardCharsets.UTF_8));
    }

    public static String path(UUID id) {
        return "/v1/threads/" + id;
    }

    /** A new thread, live and empty but for its session_meta. */
    public static UUID aThread() {
        return aThread("");
    }

    /** A new thread with more members in its request, each ending with a comma. */
    public static UUID aThread(String members) {
        var id = UUID.randomUUID();
        create(id, members).then().statusCode(201);
        return id;
    }

    public static Response create(UUID id, String members) {
        return json("{" + members + "\"thread_id\":\"" + id + "\",\"source\":{\"kind\":\"cli\"},\"cwd\":\"/work\"}")
                .post("/v1/threads");
    }

    public static UUID aLazyThread() {
        return aThread("\"lazy\":true,");
    }

    public static Response append(UUID id, String... items) {
        return json("{\"items\":[" + String.join(",", items) + "]}").post(path(id) + "/items");
    }

    public static Response appendAt(UUID id, long expected, String... items) {
        return json("{\"items\":[" + String.join(",", items) + "],\"expected_ordinal\":" + expected + "}")
                .post(path(id) + "/items");
    }

    public static Response patch(UUID id, String body) {
        return request()
                .contentType(MERGE_PATCH)
                .body(body.getBytes(StandardCharsets.UTF_8))
                .patch(path(id));
    }

    public static Response importRollout(UUID id, byte[] file) {
        return request().contentType(NDJSON).body(file).put(path(id) + "/rollout");
    }

    public static byte[] export(UUID id) {
        return request()
                .get(path(id) + "/rollout?include_archived=true")
                .then()
                .statusCode(200)
                .extract()
                .asByteArray();
    }

    public static Response get(UUID id) {
        return request().get(path(id));
    }

    public static long nextOrdinal(UUID id) {
        return request()
                .get(path(id) + "?include_archived=true")
                .then()
                .statusCode(200)
                .extract()
                .jsonPath()
                .getLong("next_ordinal");
    }

    public static Response post(UUID id, String operation) {
        return request().post(path(id) + "/" + operation);
    }
}
