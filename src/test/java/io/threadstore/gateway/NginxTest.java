package io.threadstore.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.matchesPattern;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.threadstore.codex.proto.CreateThreadRequest;
import io.threadstore.codex.proto.ReadThreadRequest;
import io.threadstore.codex.proto.ThreadIdRequest;
import io.threadstore.codex.proto.ThreadStoreGrpc;
import io.threadstore.testsupport.AuditLines;
import io.threadstore.testsupport.Items;
import io.threadstore.testsupport.Nginx;
import io.threadstore.testsupport.Rest;
import io.threadstore.testsupport.TestDatabase;
import io.threadstore.testsupport.TestIssuer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.UUID;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the service and nginx, with the configuration that is shipped, do for each other. */
@QuarkusTest
@TestProfile(Nginx.Trusted.class)
@WithTestResource(TestDatabase.class)
@WithTestResource(TestIssuer.class)
@Timeout(60)
class NginxTest {

    private static final String ALL = "threads:read threads:write threads:delete";

    @TestHTTPResource
    URI service;

    final UUID id = UUID.randomUUID();
    final String tenant = "tenant-" + id;

    private final AuditLines audit = new AuditLines();
    private Nginx nginx;

    @BeforeEach
    void connect() throws Exception {
        nginx = Nginx.before(service);
        nginx.isCalledByRestAssured(tenant);
    }

    @AfterEach
    void disconnect() throws Exception {
        audit.close();
        Nginx.isCalledNoMore();
        if (nginx != null) {
            nginx.close();
        }
    }

    @Test
    void locationIsTheOneThatClientsReach() {
        var thread = nginx.uri() + "/threadstore/v1/threads/" + id;

        Rest.create(id, "").then().statusCode(201).header("Location", thread);
        Rest.post(id, "writer/shutdown").then().statusCode(200);
        Rest.post(id, "writer").then().statusCode(201).header("Location", thread + "/writer");
        var file = UUID.randomUUID();
        Rest.importRollout(file, Items.rolloutFileAs(file))
                .then()
                .statusCode(201)
                .header("Location", nginx.uri() + "/threadstore/v1/threads/" + file);
        Rest.get(UUID.randomUUID()).then().statusCode(404).body("instance", matchesPattern("/threadstore/v1/.*"));
    }

    @Test
    void whatAClientSaysOfItselfEndsAtTheGateway() throws Exception {
        for (var version : HttpClient.Version.values()) {
            var made = send(
                    version,
                    create("X-Forwarded-For", "203.0.113.9")
                            .header("Forwarded", "for=203.0.113.9;host=evil.example;proto=http")
                            .header("X-Forwarded-Host", "evil.example")
                            .header("X-Forwarded-Proto", "http")
                            .header("X-Forwarded-Port", "444")
                            .header("X-Forwarded-Ssl", "off")
                            .header("X-Forwarded-Prefix", "/evil"));

            assertThat(made.version()).isEqualTo(version);
            assertThat(made.statusCode()).isEqualTo(201);
            assertThat(made.headers().firstValue("Location").orElseThrow())
                    .startsWith(nginx.uri() + "/threadstore/v1/threads/");
        }
        Rest.create(id, "").then().statusCode(201);
        assertThat(audit.all())
                .extracting(line -> line.path("from").asText())
                .containsExactly("127.0.0.1", "127.0.0.1", Nginx.CLIENT);
    }

    /** Loopback, but not the address of the one proxy that is trusted. */
    @Test
    void whatAnUntrustedPeerForwardsIsNotBelieved() throws Exception {
        Nginx.isPassedByRestAssured(service, tenant);

        Rest.request()
                .headers("X-Forwarded-For", "203.0.113.9", "X-Forwarded-Host", "evil.example")
                .headers("X-Forwarded-Prefix", "/evil", "X-Forwarded-Proto", "https", "Forwarded", "for=203.0.113.9")
                .contentType(Rest.JSON)
                .body("{\"thread_id\":\"" + id + "\",\"source\":{\"kind\":\"cli\"}}")
                .post("/v1/threads")
                .then()
                .statusCode(201)
                .header("Location", service.resolve("/v1/threads/" + id).toString());

        assertThat(audit.all()).extracting(line -> line.path("from").asText()).containsExactly(Nginx.CLIENT);
    }

    @Test
    void requestIdsPassAndAreMadeWhereThereIsNone() {
        Rest.request()
                .header("X-Request-Id", "client-7")
                .get("/v1/threads")
                .then()
                .statusCode(200)
                .header("X-Request-Id", "client-7");
        var made = matchesPattern("[0-9a-f]{32}");
        Rest.request().get("/v1/threads").then().statusCode(200).header("X-Request-Id", made);
        Rest.request()
                .header("X-Request-Id", "two words")
                .get("/v1/threads")
                .then()
                .header("X-Request-Id", made);
        Rest.request()
                .header("X-Request-Id", "client-8")
                .get("/elsewhere")
                .then()
                .statusCode(404)
                .header("X-Request-Id", "client-8");
    }

    @Test
    void challengePassesUnchanged() throws Exception {
        var answer = send(
                HttpClient.Version.HTTP_2,
                HttpRequest.newBuilder(uri("/v1/threads")).GET());

        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(answer.headers().allValues("WWW-Authenticate")).containsExactly("Bearer realm=\"threadstore\"");
        assertThat(answer.body()).contains("\"code\":\"unauthenticated\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/q/metrics",
                "/threadstore/q/metrics",
                "/threadstore/q/health/ready",
                "/threadstore/q/swagger-ui/",
                "/threadstore/v1/../q/metrics",
                "/threadstore/v1/%2e%2e/q/metrics",
                "/threadstore/v1/..%2fq/metrics",
                "/v1/threads"
            })
    void nothingButTheApiIsReached(String path) throws Exception {
        var answer = send(HttpClient.Version.HTTP_1_1, HttpRequest.newBuilder(URI.create(nginx.uri() + path)));

        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.headers().firstValue("Content-Type")).contains(Rest.PROBLEM);
        assertThat(answer.body()).contains("the gateway has nothing at this path");
    }

    @Test
    void otherHostNamesAreNobodys() {
        Rest.request().header("Host", "evil.example").get("/v1/threads").then().statusCode(421);
    }

    @Test
    void largeBodiesPass() throws IOException {
        Rest.create(id, "").then().statusCode(201);
        var text = "x".repeat(5 << 20);

        Rest.append(id, Items.agentMessage(text)).then().statusCode(200);

        Rest.request().head(Rest.path(id)).then().statusCode(200).header("ETag", matchesPattern("\".*\""));
        assertThat(new String(Rest.export(id))).contains(text);
    }

    @Test
    void packedFilesAreImported() throws IOException {
        var packed = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(packed)) {
            gzip.write(Items.rolloutFileAs(id));
        }

        Rest.request()
                .contentType(Rest.NDJSON)
                .header("Content-Encoding", "gzip")
                .body(packed.toByteArray())
                .put(Rest.path(id) + "/rollout")
                .then()
                .statusCode(201);

        assertThat(Rest.export(id)).isEqualTo(Items.rolloutFileAs(id));
    }

    @Test
    void bodyBeyondTheGatewaysLimitIsAProblemAndTheClientIsToldBeforeItSendsIt() throws Exception {
        var head = """
                POST /threadstore/v1/threads/%s/items HTTP/1.1
                Host: localhost
                Expect: 100-continue
                Content-Length: %d
                Connection: close

                """.formatted(id, (64L << 20) + 1);
        // by hand: the JDK's client waits for ever for a 100 after another answer
        try (var connection = nginx.tls()
                .getSocketFactory()
                .createSocket("localhost", nginx.uri().getPort())) {
            connection.getOutputStream().write(head.replace("\n", "\r\n").getBytes(StandardCharsets.US_ASCII));

            var answer = new String(connection.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            assertThat(answer)
                    .startsWith("HTTP/1.1 413 ")
                    .contains("Content-Type: " + Rest.PROBLEM, "\"code\":\"request_too_large\"", "the gateway");
        }
    }

    @Test
    void clientThatAsksBeforeItSendsIsTold() throws Exception {
        var answer = send(
                HttpClient.Version.HTTP_1_1, create("X-Request-Id", "asking").expectContinue(true));

        assertThat(answer.statusCode()).isEqualTo(201);
    }

    @Test
    void serviceThatIsAwayIsAProblem() throws Exception {
        try (var alone = Nginx.before("127.0.0.1:9", Map.of())) {
            alone.isCalledByRestAssured(tenant);
            Rest.request()
                    .get("/v1/threads")
                    .then()
                    .statusCode(502)
                    .contentType(Rest.PROBLEM)
                    .header("Retry-After", "1")
                    .body("code", equalTo("unavailable"), "status", equalTo(502));
            var channel = alone.channel();
            try {
                assertThatThrownBy(() -> read(Nginx.stub(channel, tenant))).hasMessageContaining("UNAVAILABLE");
            } finally {
                channel.shutdownNow();
            }
        }
    }

    @Test
    void clientThatAsksTooOftenIsToldSo() throws Exception {
        var slow = Map.of("GATEWAY_RATE", "1r/m", "GATEWAY_BURST", "1");
        try (var strict = Nginx.before(Nginx.upstream(service), slow)) {
            strict.isCalledByRestAssured(tenant);
            Rest.request().get("/v1/threads").then().statusCode(200);
            Rest.request().get("/v1/threads").then().statusCode(200);
            Rest.request()
                    .get("/v1/threads")
                    .then()
                    .statusCode(429)
                    .contentType(Rest.PROBLEM)
                    .header("Retry-After", "1")
                    .body("code", equalTo("too_many_requests"));
            var channel = strict.channel();
            try {
                assertThatThrownBy(() -> read(Nginx.stub(channel, tenant))).hasMessageContaining("RESOURCE_EXHAUSTED");
            } finally {
                channel.shutdownNow();
            }
        }
    }

    @Test
    void codexIsAdmittedByItsTokenAndOnRecordWithItsOwnAddress() throws Exception {
        var channel = nginx.channel();
        try {
            var store = Nginx.stub(channel, tenant);
            store.createThread(
                    CreateThreadRequest.newBuilder().setThreadId(id.toString()).build());
            store.persistThread(
                    ThreadIdRequest.newBuilder().setThreadId(id.toString()).build());
            assertThat(read(store)).isEqualTo(id.toString());
            assertThatThrownBy(() -> read(ThreadStoreGrpc.newBlockingStub(channel)))
                    .hasMessageContaining("UNAUTHENTICATED");
        } finally {
            channel.shutdownNow();
        }
        assertThat(audit.all()).hasSize(3).allSatisfy(line -> {
            assertThat(line.path("transport").asText()).isEqualTo("grpc");
            assertThat(line.path("from").asText()).isEqualTo(Nginx.CLIENT);
            assertThat(line.path("request_id").asText()).matches("[0-9a-f]{32}");
        });
    }

    private String read(ThreadStoreGrpc.ThreadStoreBlockingStub store) {
        return store.readThread(ReadThreadRequest.newBuilder()
                        .setThreadId(id.toString())
                        .build())
                .getThread()
                .getThreadId();
    }

    private HttpRequest.Builder create(String header, String value) {
        return as(HttpRequest.newBuilder(uri("/v1/threads")))
                .headers("Content-Type", Rest.JSON, header, value)
                .POST(BodyPublishers.ofString("{\"source\":{\"kind\":\"cli\"}}"));
    }

    private HttpRequest.Builder as(HttpRequest.Builder request) {
        return request.header("Authorization", "Bearer " + TestIssuer.token(tenant, ALL));
    }

    private URI uri(String path) {
        return URI.create(nginx.uri() + "/threadstore" + path);
    }

    private HttpResponse<String> send(HttpClient.Version version, HttpRequest.Builder request) throws Exception {
        return HttpClient.newBuilder()
                .sslContext(nginx.tls())
                .version(version)
                .build()
                .send(request.build(), BodyHandlers.ofString());
    }
}
