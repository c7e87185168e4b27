package io.threadstore.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.threadstore.testsupport.Items;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What operators switch on by configuration: tracing, CORS, an access log, metrics by tenant. */
class GatewayMannersIT {

    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final String PAGE = "https://app.example";

    private static final List<byte[]> SPANS = new CopyOnWriteArrayList<>();
    private static HttpServer collector;
    private static ServiceProcess service;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @TempDir
    private static Path directory;

    @BeforeAll
    static void start() throws Exception {
        collector = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        collector.createContext("/v1/traces", exchange -> {
            SPANS.add(exchange.getRequestBody().readAllBytes());
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        collector.start();
        service = ServiceProcess.onDirectory(
                directory,
                "-Dquarkus.otel.sdk.disabled=false",
                "-Dquarkus.otel.exporter.otlp.protocol=http/protobuf",
                "-Dquarkus.otel.exporter.otlp.compression=none",
                "-Dquarkus.otel.exporter.otlp.endpoint=http://127.0.0.1:"
                        + collector.getAddress().getPort(),
                "-Dquarkus.otel.bsp.schedule.delay=200ms",
                "-Dquarkus.http.cors.enabled=true",
                "-Dquarkus.http.cors.origins=" + PAGE,
                "-Dquarkus.http.access-log.enabled=true",
                "-Dthreadstore.metrics.by-tenant=true");
    }

    @AfterAll
    static void stop() {
        service.close();
        collector.stop(0);
    }

    @Test
    void traceThatComesInIsGoneOnFrom() throws Exception {
        send(request("/v1/threads").header("traceparent", "00-" + TRACE + "-b7ad6b7169203331-01"));

        var deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (SPANS.stream().noneMatch(GatewayMannersIT::isOfTheTrace)) {
            assertThat(System.nanoTime()).as("the span is exported").isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }

    private static boolean isOfTheTrace(byte[] spans) {
        return HexFormat.of().formatHex(spans).contains(TRACE)
                && new String(spans, StandardCharsets.ISO_8859_1).contains("GET /v1/threads");
    }

    @Test
    void pagesOfConfiguredOriginsMayCall() throws Exception {
        var preflight = send(request("/v1/threads")
                .header("Origin", PAGE)
                .header("Access-Control-Request-Method", "POST")
                .header("Access-Control-Request-Headers", "authorization,content-type,idempotency-key")
                .method("OPTIONS", HttpRequest.BodyPublishers.noBody()));
        assertThat(preflight.statusCode()).isEqualTo(200);
        assertThat(preflight.headers().firstValue("access-control-allow-origin"))
                .contains(PAGE);

        var answer = send(request("/v1/threads").header("Origin", PAGE));
        assertThat(answer.headers().firstValue("access-control-expose-headers").orElseThrow())
                .contains("ETag", "Location", "X-Request-Id", "Retry-After");

        var others = send(request("/v1/threads").header("Origin", "https://evil.example"));
        assertThat(others.statusCode()).isEqualTo(403);
        assertThat(others.headers().firstValue("access-control-allow-origin")).isEmpty();
    }

    @Test
    void accessLogAndMetricsSayWhat() throws Exception {
        create();
        send(request("/v1/threads?limit=3").header("X-Request-Id", "from-the-gateway"));

        assertThat(service.output())
                .containsPattern("\"GET /v1/threads\\?limit=3 HTTP/1.1\" 200 \\d+ \\d+ ms from-the-gateway");
        assertThat(service.get("/q/metrics").body()).contains("threadstore_appends_total{tenant=\"default\"}");
    }

    private UUID create() throws Exception {
        var id = UUID.randomUUID();
        service.post("/v1/threads", "{\"thread_id\":\"" + id + "\",\"source\":{\"kind\":\"cli\"}}");
        service.post("/v1/threads/" + id + "/items", "{\"items\":[" + Items.userMessage("x".repeat(5000)) + "]}");
        return id;
    }

    private static HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(service.uri(path));
    }

    private HttpResponse<byte[]> send(HttpRequest.Builder request) throws Exception {
        return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    }
}
