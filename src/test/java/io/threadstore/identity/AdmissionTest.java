package io.threadstore.identity;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.threadstore.testsupport.TestDatabase;
import io.threadstore.testsupport.TestIssuer;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** No path reaches an operation without admission, however it is spelled; and what is rejected is not read. */
@QuarkusTest
@WithTestResource(TestDatabase.class)
@WithTestResource(TestIssuer.class)
class AdmissionTest {

    private static final Pattern PATH = Pattern.compile("^  (/v1/[^:]*):$", Pattern.MULTILINE);
    private static final List<String> METHODS = List.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE");

    /** Spellings that some servers take for the path itself. */
    private static final List<String> SPELLINGS = List.of(
            "/v1;x=y%s",
            "/v1/;%s",
            "//v1%s",
            "/v1/%s",
            "/./v1%s",
            "/x/../v1%s",
            "/v1/.%s",
            "/%%761%s",
            "/v%%31%s",
            "/v1%%2F%s",
            "/v1%%3Bx%s",
            "/v1%s;x=y",
            "/v1%s/.",
            "/v1%s//",
            "/v1%s%%00",
            "/v1%s%%2F",
            "\\v1%s",
            "/v1\\%s");

    @TestHTTPResource
    URI service;

    @Test
    void paths_ofTheDocumentWithoutToken_areUnauthenticated() throws IOException {
        for (var path : paths()) {
            for (var method : METHODS) {
                assertThat(status(method, path, "")).as(method + " " + path).isEqualTo(401);
            }
        }
    }

    @Test
    void paths_inOtherSpellings_reachNoOperation() throws IOException {
        var token = "Authorization: Bearer " + TestIssuer.token("speller", "threads:read", "threads:write") + "\r\n";
        for (var path : paths()) {
            for (var spelling : SPELLINGS) {
                var sent = spelling.formatted(path.substring("/v1".length()));
                for (var method : List.of("GET", "POST")) {
                    assertThat(status(method, sent, "")).as(method + " " + sent).isIn(Set.of(400, 401, 404));
                    assertThat(status(method, sent, token))
                            .as(method + " " + sent + " with a token")
                            .isIn(Set.of(400, 404));
                }
            }
        }
    }

    @Test
    void bodyOfAnUnauthenticatedRequest_neverArrives_isAnsweredAtOnce() throws IOException {
        try (var socket = new Socket(service.getHost(), service.getPort())) {
            socket.setSoTimeout(5000);
            socket.getOutputStream()
                    .write("POST /v1/threads HTTP/1.1\r\nHost: a\r\nContent-Length: 64000\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            assertThat(firstLine(socket)).contains(" 401 ");
        }
    }

    @Test
    void unauthenticatedRequests_manyOnOneConnection_closeIt() throws IOException {
        var requests = "GET /v1/threads HTTP/1.1\r\nHost: a\r\n\r\n".repeat(150).getBytes(StandardCharsets.US_ASCII);
        try (var socket = new Socket(service.getHost(), service.getPort())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(requests);
            var all = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            assertThat(all.split("HTTP/1.1 401", -1)).hasSize(101);
        } catch (java.net.SocketException e) {
            // it was closed before the last requests were read
        }
    }

    private static List<String> paths() throws IOException {
        var paths = new ArrayList<String>();
        var matcher = PATH.matcher(Files.readString(Path.of("docs", "openapi.yaml")));
        while (matcher.find()) {
            paths.add(matcher.group(1).replace("{thread_id}", UUID.randomUUID().toString()));
        }
        assertThat(paths).hasSizeGreaterThan(10);
        return paths;
    }

    private int status(String method, String path, String headers) throws IOException {
        try (var socket = new Socket(service.getHost(), service.getPort())) {
            socket.setSoTimeout(10_000);
            var body = method.equals("GET") || method.equals("HEAD") ? "" : "Content-Length: 0\r\n";
            socket.getOutputStream()
                    .write((method + " " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + headers + body
                                    + "\r\n")
                            .getBytes(StandardCharsets.ISO_8859_1));
            return Integer.parseInt(firstLine(socket).split(" ")[1]);
        }
    }

    private static String firstLine(Socket socket) throws IOException {
        var line = new StringBuilder();
        for (var c = socket.getInputStream().read();
                c >= 0 && c != '\n';
                c = socket.getInputStream().read()) {
            line.append((char) c);
        }
        return line.toString();
    }
}
