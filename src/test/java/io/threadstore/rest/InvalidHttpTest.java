package io.threadstore.rest;

import static io.threadstore.testsupport.Rest.aThread;
import static io.threadstore.testsupport.Rest.json;
import static io.threadstore.testsupport.Rest.path;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.threadstore.testsupport.Metrics;
import io.threadstore.testsupport.RawHttp2;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Requests that are rejected before they reach the application, and requests that are let in although they are not
 * quite valid.
 */
@QuarkusTest
class InvalidHttpTest extends RestTest {

    private static final String HOST = "Host: x\r\n";

    @TestHTTPResource
    URI service;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /v1/threads HTTP/1.1\r\n\r\n",
                "GET /v1/threads HTTP/1.0\r\n\r\n",
                "GET /v1/threads HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
                "GET /v1/threads HTTP/1.1\r\nHost: x\r\nhost: y\r\n\r\n",
                "GET /v1/threads HTTP/1.1\r\nHost: \r\n\r\n",
                "GET /v1/threads HTTP/1.1\r\nHost: a b\r\n\r\n",
                "GET /v1/threads HTTP/1.1\r\nHost: me@x\r\n\r\n",
                "GET /v1/threads HTTP/1.1\r\nHost: x/y\r\n\r\n",
                "GET http://y/v1/threads HTTP/1.1\r\nHost: x\r\n\r\n",
                "POST /v1/threads HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
                "POST /v1/threads HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
                "POST /v1/threads HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "POST /v1/threads HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
                "POST /v1/threads HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n",
                "POST /v1/threads HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n",
                "POST /v1/threads HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
                "POST /v1/threads HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
                "POST /v1/threads HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\nabcd",
                "POST /v1/threads HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                "GET /v1/threads HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
                "GET /v1/threads HTTP/1.1\r\nHost: x\r\nX-A: a\u0000b\r\n\r\n",
                "GET /v1/threads HTTP/1.1\r\nHost: x\r\nX A: b\r\n\r\n",
                "GET /v1/threads HTTP/x.y\r\nHost: x\r\n\r\n",
                "GET v1/threads HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET // HTTP/1.1\r\nHost: x\r\n\r\n",
                "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET /v1/threads/% HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET /v1/threads/%zz HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET /v1/threads/{x} HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET /v1/threads/a|b HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET /v1/threads/a\"b HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET /v1/threads/a^b HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET /v1\\threads HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET /v1/threads?cwd=C:\\x HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET /v1/threads?cwd=\u0001 HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET /v1/threads?cwd=\u007f HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET /v1/threads#x HTTP/1.1\r\nHost: x\r\n\r\n"
            })
    void invalidRequest_isSent_isAnsweredWithProblemAndConnectionCloses(String message) throws Exception {
        var problems = Metrics.scrape().sum("threadstore_problems_total", "code", "invalid_request");
        var rejected = Metrics.scrape().sum("threadstore_connections_rejected_total", "reason", "invalid_request");

        rejection(exchange(message), 400, "invalid_request");

        assertThat(Metrics.scrape().sum("threadstore_problems_total", "code", "invalid_request"))
                .isEqualTo(problems + 1);
        assertThat(Metrics.scrape().sum("threadstore_connections_rejected_total", "reason", "invalid_request"))
                .isEqualTo(rejected + 1);
    }

    @Test
    void requestLineBeyondLimit_isSent_isAnsweredWith414() throws Exception {
        rejection(
                exchange("GET /v1/threads?search=" + "x".repeat(5000) + " HTTP/1.1\r\n" + HOST + "\r\n"),
                414,
                "uri_too_long");
    }

    @Test
    void headersBeyondLimit_areSent_areAnsweredWith431() throws Exception {
        rejection(
                exchange("GET /v1/threads HTTP/1.1\r\n" + HOST + "X-A: " + "x".repeat(40_000) + "\r\n\r\n"),
                431,
                "headers_too_large");
    }

    @ParameterizedTest
    @ValueSource(strings = {"HTTP/1.2", "HTTP/2.0", "HTTP/3.0"})
    void unknownVersion_isSent_isAnsweredWith505(String version) throws Exception {
        rejection(exchange("GET /v1/threads " + version + "\r\n" + HOST + "\r\n"), 505, "version_not_supported");
    }

    @Test
    void invalidRequest_withRequestId_isAnsweredWithThatId() throws Exception {
        assertThat(exchange("GET /v1/threads/% HTTP/1.1\r\nX-Request-Id: mine-7\r\n" + HOST + "\r\n"))
                .containsIgnoringCase("\r\nX-Request-Id: mine-7\r\n")
                .contains("\"instance\":\"/v1/threads/%\"");
        assertThat(exchange("GET /v1/threads/% HTTP/1.1\r\nX-Request-Id: not one\r\n" + HOST + "\r\n"))
                .doesNotContain("not one");
    }

    @Test
    void invalidHead_isSent_isAnsweredWithoutABody() throws Exception {
        assertThat(exchange("HEAD /v1/threads/% HTTP/1.1\r\n" + HOST + "\r\n"))
                .startsWith("HTTP/1.1 400")
                .endsWith("\r\n\r\n");
    }

    @Test
    void invalidRequest_behindValidOnes_isAnsweredAfterThem() throws Exception {
        var valid = "GET /v1/threads?limit=1 HTTP/1.1\r\n" + HOST + "\r\n";
        var answer = exchange(valid + valid + "GET /v1/threads/% HTTP/1.1\r\n" + HOST + "\r\n" + valid);

        assertThat(answer.split("HTTP/1.1 ")).hasSize(4).satisfies(parts -> {
            assertThat(parts[1]).startsWith("200");
            assertThat(parts[2]).startsWith("200");
            assertThat(parts[3]).startsWith("400");
        });
    }

    /** What is smuggled behind such a message must not be read as a request. */
    @Test
    void requestWithLengthAndCoding_withRequestBehind_isAnsweredOnce() throws Exception {
        var answer = exchange("POST /v1/threads HTTP/1.1\r\n" + HOST
                + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/threads HTTP/1.1\r\n" + HOST
                + "\r\n");

        assertThat(answer.split("HTTP/1.1 ")).hasSize(2);
        assertThat(answer).contains("both Content-Length and Transfer-Encoding");
    }

    @Test
    void invalidRequestWithLargeBody_isSent_answerIsRead() throws Exception {
        try (var socket = new Socket(service.getHost(), service.getPort())) {
            socket.getOutputStream()
                    .write(ascii("POST /v1/threads/% HTTP/1.1\r\n" + HOST + "Content-Length: 3000000\r\n\r\n"));
            socket.getOutputStream().write(new byte[3_000_000]);
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1))
                    .startsWith("HTTP/1.1 400");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"{x}", "a|b", "a^b", "a\"b", "<a>", "a`b", "100%", "50%zz", "%", "[a]", "\u00e4\u4e16"})
    void rawCharacter_inQuery_meansTheSameAsItsEncodedForm(String cwd) throws Exception {
        var id = UUID.randomUUID();
        var text = new ObjectMapper().writeValueAsString("/" + id + "/" + cwd);
        json("{\"thread_id\":\"" + id + "\",\"source\":{\"kind\":\"cli\"},\"cwd\":" + text + "}")
                .post("/v1/threads")
                .then()
                .statusCode(201);

        // as UTF-8, as curl sends what is typed
        var query = new String(cwd.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        assertThat(exchange("GET /v1/threads?cwd=/" + id + "/" + query + " HTTP/1.1\r\nConnection: close\r\n" + HOST
                        + "\r\n"))
                .startsWith("HTTP/1.1 200")
                .contains(id.toString());
        try (var connection = new RawHttp2(service.getHost(), service.getPort())) {
            connection.get(1, "/v1/threads?cwd=/" + id + "/" + query, ":authority", "x");
            assertThat(connection.response(1)).contains(id.toString());
        }
    }

    @Test
    void absoluteTarget_withThatHost_isAnswered() throws Exception {
        var id = aThread();
        assertThat(exchange("GET http://x" + path(id) + " HTTP/1.1\r\nConnection: close\r\n" + HOST + "\r\n"))
                .startsWith("HTTP/1.1 200")
                .contains(id.toString());
    }

    @Test
    void http2Request_invalid_isAnsweredWithProblem() throws Exception {
        try (var connection = new RawHttp2(service.getHost(), service.getPort())) {
            connection.get(1, "/v1/threads/%", ":authority", "x", "x-request-id", "mine-8");
            assertThat(connection.response(1)).contains("\"code\":\"invalid_request\"", "\"status\":400");
            connection.get(3, "/v1/threads", ":authority", "x", "host", "y");
            assertThat(connection.response(3)).contains("differ");
            connection.get(5, "/v1/threads", ":authority", "x", "host", "x", "host", "x");
            assertThat(connection.response(5)).contains("more than one Host");
            connection.get(7, "/v1/threads");
            assertThat(connection.response(7)).contains("no Host");
            connection.get(9, "/v1/threads?cwd=a\\b", ":authority", "x");
            assertThat(connection.response(9)).contains("backslash");
            connection.get(11, "/v1/threads?limit=1", ":authority", "x", "te", "gzip");
            assertThat(connection.response(11)).endsWith("RST 1");
            connection.get(13, "/v1/threads?limit=1", ":authority", "x", "te", "trailers");
            assertThat(connection.response(13)).contains("\"threads\"");
            connection.get(15, "/v1/threads?limit=1", "host", "x");
            assertThat(connection.response(15)).contains("\"threads\"");
        }
    }

    @Test
    void http2RequestWithBody_invalid_isAnsweredAndConnectionGoesOn() throws Exception {
        try (var connection = new RawHttp2(service.getHost(), service.getPort())) {
            connection.send(
                    RawHttp2.HEADERS,
                    RawHttp2.END_HEADERS,
                    1,
                    RawHttp2.block(":method", "POST", ":scheme", "http", ":path", "/v1/threads/%", ":authority", "x"));
            connection.send(RawHttp2.DATA, 0, 1, new byte[1000]);
            assertThat(connection.response(1)).contains("\"code\":\"invalid_request\"");
            connection.send(RawHttp2.DATA, RawHttp2.END_STREAM, 1, new byte[1000]);
            connection.get(3, "/v1/threads?limit=1", ":authority", "x");
            assertThat(connection.response(3)).contains("\"threads\"");
        }
    }

    @Test
    void upgradeToHttp2_isOffered_isAnsweredByHttp1() throws Exception {
        assertThat(
                        exchange(
                                "GET /v1/threads?limit=1 HTTP/1.1\r\n" + HOST
                                        + "Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"))
                .startsWith("HTTP/1.1 200");
        var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
        for (var i = 0; i < 3; i++) {
            var answer = client.send(
                    HttpRequest.newBuilder(service.resolve("/v1/threads"))
                            .header("Content-Type", "application/json")
                            .POST(HttpRequest.BodyPublishers.ofString("{\"source\":{\"kind\":\"cli\"}}"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(201);
            assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
        }
    }

    private static void rejection(String answer, int status, String code) {
        assertThat(answer)
                .startsWith("HTTP/1.")
                .containsPattern("^HTTP/1[.][01] " + status + " ")
                .containsIgnoringCase("\r\ncontent-type: application/problem+json\r\n")
                .containsPattern("(?i)\r\nx-request-id: [!-~]+\r\n")
                .containsIgnoringCase("\r\nconnection: close\r\n")
                .contains("\"code\":\"" + code + "\"", "\"status\":" + status, "\"detail\":");
        assertThat(answer.split("HTTP/1[.]")).as("one answer").hasSizeLessThanOrEqualTo(5);
    }

    /** What comes until the service closes the connection. */
    private String exchange(String message) throws IOException {
        try (var socket = new Socket(service.getHost(), service.getPort())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(message.getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
