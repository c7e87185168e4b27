package io.threadstore.rest;

import static io.threadstore.testsupport.Rest.aThread;
import static io.threadstore.testsupport.Rest.json;
import static io.threadstore.testsupport.Rest.path;
import static io.threadstore.testsupport.Rest.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.not;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.threadstore.testsupport.TestDatabase;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
class ProblemsTest extends RestTest {

    @TestHTTPResource
    URI service;

    @ParameterizedTest
    @ValueSource(strings = {"/", "/v1", "/v1/nothing", "/v1/threads/x/y/z", "/favicon.ico", "/v2/threads"})
    void unknownPathsAreNotFound(String path) {
        problem(request().get(path), 404, "not_found").body("instance", equalTo(path));
    }

    @Test
    void wrongMethodsAreRefusedWithThoseAllowed() {
        var id = aThread();
        problem(request().put("/v1/threads"), 405, "method_not_allowed").header("Allow", equalTo("GET, HEAD, POST"));
        problem(request().post(path(id)), 405, "method_not_allowed")
                .header("Allow", equalTo("GET, HEAD, PATCH, DELETE"));
        problem(request().get(path(id) + "/archive"), 405, "method_not_allowed").header("Allow", equalTo("POST"));
        problem(request().post(path(id) + "/rollout"), 405, "method_not_allowed")
                .header("Allow", equalTo("GET, HEAD, PUT"));
        problem(request().put(path(id) + "/writer"), 405, "method_not_allowed")
                .header("Allow", equalTo("GET, HEAD, POST, DELETE"));
        problem(request().get(path(id) + "/writer/flush"), 405, "method_not_allowed")
                .header("Allow", equalTo("POST"));
        problem(request().delete(path(id) + "/items"), 405, "method_not_allowed")
                .header("Allow", equalTo("GET, HEAD, POST"));
    }

    @Test
    void operations_comparedWithTheApiDocument_areTheSame() {
        var document = request()
                .accept("application/json")
                .get("/q/openapi?format=json")
                .jsonPath();
        var paths = document.<String, java.util.Map<String, Object>>getMap("paths");

        var documented = new java.util.TreeMap<String, String>();
        paths.forEach((path, operations) -> operations.forEach((method, operation) -> {
            if (operation instanceof java.util.Map<?, ?> described && described.containsKey("operationId")) {
                var sent = path.replaceAll("\\{[^}]+}", "x");
                var found = Operations.find(method.toUpperCase(java.util.Locale.ROOT), sent);
                assertThat(found).as(method + " " + path).isPresent();
                assertThat(found.get().operationId()).isEqualTo(described.get("operationId"));
                assertThat(Operations.allowed(sent).orElseThrow()).contains(method.toUpperCase(java.util.Locale.ROOT));
                documented.put(found.get().operationId(), path);
            }
        }));
        assertThat(documented.keySet())
                .containsExactlyInAnyOrderElementsOf(Operations.ALL.stream()
                        .map(Operations.Operation::operationId)
                        .toList());
    }

    @Test
    void wrongMediaTypesAreRefused() {
        var id = aThread();
        for (var path : new String[] {"/v1/threads", path(id) + "/items"}) {
            problem(request().contentType("text/plain").body("{}").post(path), 415, "unsupported_media_type");
            problem(request().contentType("application/xml").body("<a/>").post(path), 415, "unsupported_media_type");
        }
        problem(request().contentType("text/plain").body("{}").patch(path(id)), 415, "unsupported_media_type");
        problem(request().accept("text/html").get("/v1/threads"), 406, "not_acceptable");
        problem(request().accept("application/xml").get(path(id) + "/rollout"), 406, "not_acceptable");
    }

    /** Generated clients ask for the media types that the document has for an operation, and these two have problems alone. */
    @Test
    void whatHasNoBodyIsDoneForCallersThatTakeProblemsAlone() {
        var id = aThread();

        request()
                .accept(Problems.MEDIA_TYPE)
                .delete(path(id) + "/writer")
                .then()
                .statusCode(204);
        request().accept(Problems.MEDIA_TYPE).delete(path(id)).then().statusCode(204);
        problem(request().accept(Problems.MEDIA_TYPE).delete(path(id)), 404, "thread_not_found");
    }

    @Test
    void optionsTellTheMethodsOfThePath() {
        request().options("/v1/threads").then().statusCode(204).header("Allow", equalTo("GET, HEAD, POST, OPTIONS"));
        request()
                .options(path(UUID.randomUUID()) + "/writer/flush")
                .then()
                .statusCode(204)
                .header("Allow", equalTo("POST, OPTIONS"));
        problem(request().options("/v1/nothing"), 404, "not_found");
    }

    @Test
    void bodiesAreUnpackedOnlyWhereTheContractSaysSo() {
        problem(json("{}").header("Content-Encoding", "gzip").post("/v1/threads"), 415, "unsupported_media_type");
        problem(
                json("{}").header("Content-Encoding", "br").post(path(aThread()) + "/items"),
                415,
                "unsupported_media_type");
        json("{\"source\":{\"kind\":\"cli\"}}")
                .header("Content-Encoding", "identity")
                .post("/v1/threads")
                .then()
                .statusCode(201);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "limit=",
                "archived",
                "limit=1&limit=2",
                "limit=\uFF11",
                "parent_thread_id=",
                "cwd=",
                "search=a&search=b"
            })
    void parametersWithoutAValueOrGivenTwiceAreRefused(String query) {
        problem(request().get("/v1/threads?" + query), 400, "invalid_request");
    }

    @Test
    void emptyPreconditionsAreRefused() throws Exception {
        var id = aThread();
        for (var header : new String[] {"If-Match", "Writer-Epoch"}) {
            problem(request().header(header, "").delete(path(id)), 400, "invalid_request");
        }
        assertThat(request().get(path(id)).statusCode()).isEqualTo(200);
    }

    @Test
    void longListOfEntityTagsIsRead() {
        var id = aThread();
        var tags = "\"x\",".repeat(5000) + "\"y\"";

        request().header("If-None-Match", tags).get(path(id)).then().statusCode(200);
    }

    @Test
    void problemsAreSentToWhoAcceptsOnlyNdjson() {
        problem(
                request().accept("application/x-ndjson").get(path(UUID.randomUUID()) + "/history"),
                404,
                "thread_not_found");
    }

    @Test
    void smallBodiesHaveASmallLimit() {
        problem(
                json("{\"source\":{\"kind\":\"cli\"},\"cwd\":\"" + "x".repeat(5 * 1024 * 1024) + "\"}")
                        .post("/v1/threads"),
                413,
                "request_too_large");
    }

    @Test
    void clientThatSendsItsWholeBodyFirstSeesThe413() throws Exception {
        var size = 40L * 1024 * 1024;
        try (var socket = new Socket(service.getHost(), service.getPort())) {
            var out = socket.getOutputStream();
            out.write(("POST /v1/threads HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
                            + size + "\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
            var chunk = new byte[1024 * 1024];
            java.util.Arrays.fill(chunk, (byte) ' ');
            for (var sent = 0L; sent < size; sent += chunk.length) {
                out.write(chunk);
            }
            out.flush();
            var answer = new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
            assertThat(answer).isEqualTo("HTTP/1.1 413");
        }
    }

    @Test
    void writerEpochThatComesTwiceIsRefused() {
        problem(
                request().header("Writer-Epoch", "1", "2").post(path(aThread()) + "/writer/flush"),
                400,
                "invalid_request");
    }

    /** HTTP/1.0 allows it, but the framework can't answer it. */
    @Test
    void requestWithoutAHostIsRefused() throws Exception {
        var id = aThread();
        assertThat(rawly("GET " + path(id) + " HTTP/1.0\r\n\r\n")).startsWith("HTTP/1.0 400");
        assertThat(rawly("GET " + path(id) + " HTTP/1.0\r\nHost: x\r\n\r\n")).startsWith("HTTP/1.0 200");
    }

    private String rawly(String message) throws Exception {
        try (var socket = new Socket(service.getHost(), service.getPort())) {
            socket.getOutputStream().write(message.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void internalFailuresSayNothingOfTheInside() throws Exception {
        var id = aThread();
        TestDatabase.updateOne("UPDATE thread SET source_kind = 'NONSENSE' WHERE thread_id = ?", id.toString());
        try {
            problem(request().get(path(id)), 500, "internal")
                    .body(not(containsString("io.threadstore")))
                    .body(not(containsString("NONSENSE")));
        } finally {
            TestDatabase.updateOne("DELETE FROM thread WHERE thread_id = ?", id.toString());
        }
    }
}
