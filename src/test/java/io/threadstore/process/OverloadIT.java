package io.threadstore.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.threadstore.platform.embedded.EmbeddedMariaDb;
import io.threadstore.testsupport.Items;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** More than can be worked on: clients that are slow, and a database that is busy. The service has a small heap, which must do. */
class OverloadIT {

    private static final int SLOW_CLIENTS = 200;
    private static final int REQUESTS = 2000;
    private static final int AT_ONCE = 500;
    private static final String CREATE = "{\"source\":{\"kind\":\"cli\"}}";

    private static EmbeddedMariaDb database;
    private static ServiceProcess service;
    private static Connection rival;

    private final HttpClient client = HttpClient.newHttpClient();
    private final List<Socket> sockets = new ArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        database = new EmbeddedMariaDb(ServiceProcessIT.DIRECTORY);
        database.start();
        var connection = database.connectionProperties();
        service = ServiceProcess.launch(
                Map.of(
                        "THREADSTORE_DB_URL", connection.get("threadstore.db.url"),
                        "THREADSTORE_DB_USERNAME", connection.get("threadstore.db.username"),
                        "THREADSTORE_DB_PASSWORD", connection.get("threadstore.db.password")),
                "-Xmx256m",
                "-Dthreadstore.limits.stream-stall=2s",
                "-Dthreadstore.limits.concurrent-streams=20");
        service.awaitReady();
        rival = DriverManager.getConnection(
                connection.get("threadstore.db.url"),
                connection.get("threadstore.db.username"),
                connection.get("threadstore.db.password"));
        rival.setAutoCommit(false);
    }

    @AfterAll
    static void stop() throws Exception {
        rival.close();
        service.close();
        database.stop();
        assertThat(service.output()
                        .lines()
                        .filter(line -> line.contains("OutOfMemory") || line.contains("ERROR"))
                        .count())
                .as("faults in the log")
                .isZero();
    }

    @AfterEach
    void hangUp() throws IOException {
        for (var socket : sockets) {
            socket.close();
        }
    }

    @Test
    void slowSendersOfSmallBodiesTakeNoThreadFromOthers() throws Exception {
        othersAreServedBeside("Content-Length: 20000");
    }

    @Test
    void slowSendersOfLargeBodiesLeaveThreadsForOthers() throws Exception {
        othersAreServedBeside("Content-Length: 3000000");
    }

    @Test
    void slowSendersOfBodiesOfUnknownLengthLeaveThreadsForOthers() throws Exception {
        othersAreServedBeside("Transfer-Encoding: chunked");
    }

    private void othersAreServedBeside(String header) throws Exception {
        for (var i = 0; i < SLOW_CLIENTS; i++) {
            send("POST /v1/threads HTTP/1.1\r\nHost: slow\r\nContent-Type: application/json\r\n" + header + "\r\n\r\n");
        }
        for (var socket : sockets) { // a beginning, so that somebody reads on
            socket.getOutputStream()
                    .write(
                            header.startsWith("T")
                                    ? "1\r\n{\r\n".getBytes(StandardCharsets.US_ASCII)
                                    : new byte[] {'{'});
        }

        assertThat(statuses(REQUESTS, 64, "/v1/threads", CREATE)).isEqualTo(Map.of(201, (long) REQUESTS));
    }

    @Test
    void fullPoolIsAnsweredAtOnceAndRecovers() throws Exception {
        var busy = create();
        try (var lock = rival.prepareStatement("SELECT 1 FROM thread WHERE thread_id = ? FOR UPDATE")) {
            lock.setString(1, busy.toString());
            lock.executeQuery();
        }
        var waiting = new ArrayList<CompletableFuture<HttpResponse<String>>>();
        for (var i = 0; i < 40; i++) { // twice as many as the pool has connections
            waiting.add(post("/v1/threads/" + busy + "/items", "{\"items\":[" + Items.userMessage("x") + "]}"));
        }
        TimeUnit.SECONDS.sleep(1);

        var statuses = statuses(REQUESTS, AT_ONCE, "/v1/threads", CREATE);

        assertThat(statuses).isEqualTo(Map.of(503, (long) REQUESTS));
        assertThat(service.statusOf("/q/health/live")).isEqualTo(200);
        rival.rollback();
        for (var answer : waiting) {
            assertThat(answer.get(30, TimeUnit.SECONDS).statusCode()).isIn(200, 503);
        }
        assertThat(statuses(200, 16, "/v1/threads", CREATE)).isEqualTo(Map.of(201, 200L));
    }

    @Test
    void readersWhoTakeNothingAreCutOffAndOthersMayRead() throws Exception {
        var id = create();
        for (var i = 0; i < 20; i++) {
            post("/v1/threads/" + id + "/items", "{\"items\":[" + Items.userMessage("x".repeat(900_000)) + "]}")
                    .thenAccept(answer -> assertThat(answer.statusCode()).isEqualTo(200))
                    .get();
        }
        for (var i = 0; i < SLOW_CLIENTS; i++) {
            send("GET /v1/threads/" + id + "/history HTTP/1.1\r\nHost: slow\r\nAccept: application/x-ndjson\r\n\r\n");
        }

        assertThat(statuses(500, 16, "/v1/threads", CREATE)).isEqualTo(Map.of(201, 500L));

        var deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (service.statusOf("/v1/threads/" + id + "/history") != 200) {
            assertThat(System.nanoTime()).as("a place for another reader").isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(200);
        }
    }

    private void send(String text) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), service.port());
        sockets.add(socket);
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    private UUID create() throws Exception {
        var id = UUID.randomUUID();
        assertThat(service.post("/v1/threads", "{\"thread_id\":\"" + id + "\",\"source\":{\"kind\":\"cli\"}}")
                        .statusCode())
                .isEqualTo(201);
        return id;
    }

    /** How often each status was answered. A refusal says in a problem document that another try may help. */
    private Map<Integer, Long> statuses(int count, int atOnce, String path, String body) throws Exception {
        var places = new Semaphore(atOnce);
        var answers = new ArrayList<CompletableFuture<HttpResponse<String>>>();
        for (var i = 0; i < count; i++) {
            places.acquire();
            var answer = post(path, body);
            answer.whenComplete((done, failure) -> places.release());
            answers.add(answer);
        }
        var statuses = new ArrayList<Integer>();
        for (var each : answers) {
            var answer = each.get(60, TimeUnit.SECONDS);
            if (answer.statusCode() == 503) {
                assertThat(answer.headers().firstValue("Retry-After")).isPresent();
                assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
                assertThat(answer.body()).contains("\"code\":\"unavailable\"");
            }
            statuses.add(answer.statusCode());
        }
        return statuses.stream().collect(Collectors.groupingBy(status -> status, Collectors.counting()));
    }

    private CompletableFuture<HttpResponse<String>> post(String path, String body) {
        var request = HttpRequest.newBuilder(URI.create(service.uri(path).toString()))
                .header("Content-Type", "application/json")
                .timeout(Duration.ofSeconds(60))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return client.sendAsync(request, HttpResponse.BodyHandlers.ofString());
    }
}
