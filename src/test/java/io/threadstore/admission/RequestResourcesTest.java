package io.threadstore.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.threadstore.platform.limits.Limiters;
import io.threadstore.platform.limits.Limiters.Limit;
import io.threadstore.testsupport.Items;
import io.threadstore.testsupport.RawHttp2;
import io.threadstore.testsupport.Rest;
import io.threadstore.testsupport.TestDatabase;
import jakarta.inject.Inject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** When permits and memory are released, with clients that disconnect or do not read. */
@QuarkusTest
@WithTestResource(TestDatabase.class)
@TestProfile(RequestResourcesTest.ShortDeadlines.class)
class RequestResourcesTest {

    private static final int CANCEL = 8;

    @TestHTTPResource("/")
    URL service;

    @Inject
    Limiters limiters;

    public static final class ShortDeadlines implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("threadstore.limits.stream-stall", "4s", "threadstore.bodies.first-byte", "1s");
        }
    }

    @AfterEach
    void everythingIsReleased() throws Exception {
        for (var limit : Limit.values()) {
            await(limit, 0, Duration.ofSeconds(10));
        }
    }

    @Test
    void memory_ofAResponseWithoutWindow_isHeldUntilTheStreamIsReset() throws Exception {
        aLongList();
        try (var client = new RawHttp2(service.getHost(), service.getPort())) {
            client.withoutWindow();
            for (var stream = 1; stream <= 5; stream += 2) {
                client.get(stream, "/v1/threads?limit=100", ":authority", "localhost");
            }
            awaitAtLeast(Limit.MEMORY, 3 * 64 * 1024L);
            // the responses are complete: their permits are released, their memory is not
            await(Limit.REQUESTS, 0, Duration.ofSeconds(2));
            TimeUnit.MILLISECONDS.sleep(300);
            assertThat(limiters.of(Limit.MEMORY).used()).isGreaterThanOrEqualTo(3 * 64 * 1024L);

            for (var i = 0; i < 3; i++) {
                assertThat(client.await(RawHttp2.RST_STREAM).error()).isEqualTo(CANCEL);
            }
            await(Limit.MEMORY, 0, Duration.ofSeconds(1));
            // the connection goes on: it may be a gateway's
            client.send(RawHttp2.PING, 0, 0, new byte[8]);
            assertThat(client.await(RawHttp2.PING).flags()).isEqualTo(RawHttp2.ACK);
        }
    }

    @Test
    void memory_ofAResponseWithoutWindow_isReleasedWithTheConnection() throws Exception {
        aLongList();
        try (var client = new RawHttp2(service.getHost(), service.getPort())) {
            client.withoutWindow();
            client.get(1, "/v1/threads?limit=100", ":authority", "localhost");
            awaitAtLeast(Limit.MEMORY, 64 * 1024L);
        }
        await(Limit.MEMORY, 0, Duration.ofSeconds(2));
    }

    @Test
    void memory_ofAResponseThatIsTaken_isReleased() throws Exception {
        aLongList();
        try (var client = new RawHttp2(service.getHost(), service.getPort())) {
            client.withoutWindow();
            client.get(1, "/v1/threads?limit=100", ":authority", "localhost");
            awaitAtLeast(Limit.MEMORY, 64 * 1024L);
            var window = ByteBuffer.allocate(4).putInt(8 * 1024 * 1024).array();
            client.send(RawHttp2.WINDOW_UPDATE, 0, 0, window);
            client.send(RawHttp2.WINDOW_UPDATE, 0, 1, window);

            assertThat(client.response(1)).contains("\"threads\"").doesNotContain("RST", "CLOSED");
            await(Limit.MEMORY, 0, Duration.ofSeconds(1));
        }
    }

    @Test
    void memory_ofAResponseOverHttp1_isHeldUntilTheClientReadsIt() throws Exception {
        aLongList();
        try (var client = new Socket()) {
            client.setReceiveBufferSize(2048);
            client.connect(new InetSocketAddress(service.getHost(), service.getPort()));
            // more than what the system takes for the client
            for (var i = 0; i < 40; i++) {
                client.getOutputStream()
                        .write("GET /v1/threads?limit=100 HTTP/1.1\r\nHost: localhost\r\n\r\n"
                                .getBytes(StandardCharsets.US_ASCII));
            }
            awaitAtLeast(Limit.MEMORY, 64 * 1024L);
            TimeUnit.SECONDS.sleep(1);
            await(Limit.REQUESTS, 0, Duration.ofSeconds(2));
            assertThat(limiters.of(Limit.MEMORY).used()).isGreaterThanOrEqualTo(64 * 1024L);

            var reader = new Thread(() -> {
                try {
                    client.getInputStream().transferTo(OutputStream.nullOutputStream());
                } catch (IOException e) {
                    // it is closed
                }
            });
            reader.start();
            await(Limit.MEMORY, 0, Duration.ofSeconds(10));
        }
    }

    /** No more than some dozens are read ahead, and the rest when there is room again. */
    @Test
    void requests_pipelinedByTheThousand_areAllAnswered() throws Exception {
        var count = 3000;
        var request = "GET /v1/threads?limit=1 HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        try (var client = new Socket(service.getHost(), service.getPort())) {
            client.setSoTimeout(20_000);
            var writer = new Thread(() -> {
                try {
                    for (var i = 0; i < count; i++) {
                        client.getOutputStream().write(request);
                    }
                } catch (IOException e) {
                    // the reader sees that answers are missing
                }
            });
            writer.start();
            var reader = new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.UTF_8));
            var answers = 0;
            while (answers < count) {
                var line = reader.readLine();
                assertThat(line).as("after %d answers", answers).isNotNull();
                // a body does not end with a line feed, so the next response begins behind it
                answers += line.contains("HTTP/1.1 200") ? 1 : 0;
            }
            writer.join();
        }
    }

    /** The framework would keep on the heap what arrives after the answer. */
    @Test
    void bodyThatGoesOn_afterTheAnswer_endsWithTheConnection() throws Exception {
        var most = 200 * 1024 * 1024;
        var chunk = ("10000\r\n" + " ".repeat(0x10000) + "\r\n").getBytes(StandardCharsets.US_ASCII);
        try (var client = new Socket(service.getHost(), service.getPort())) {
            client.getOutputStream().write(unsupported(Rest.aThread(), "Transfer-Encoding: chunked"));
            var answer = new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.UTF_8));
            assertThat(answer.readLine()).contains("415");

            var sent = 0;
            try {
                for (; sent < most; sent += chunk.length) {
                    client.getOutputStream().write(chunk);
                }
            } catch (IOException e) {
                // it has been closed
            }

            assertThat(sent).isLessThan(most);
        }
    }

    @Test
    void restOfABody_afterTheAnswer_leavesTheConnectionUsable() throws Exception {
        var length = 100_000;
        try (var client = new Socket(service.getHost(), service.getPort())) {
            client.setSoTimeout(20_000);
            client.getOutputStream().write(unsupported(Rest.aThread(), "Content-Length: " + length));
            var answers = new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.UTF_8));
            assertThat(answers.readLine()).contains("415");
            client.getOutputStream().write(" ".repeat(length).getBytes(StandardCharsets.US_ASCII));

            client.getOutputStream()
                    .write("GET /v1/threads?limit=1 HTTP/1.1\r\nHost: localhost\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));

            String line;
            do {
                line = answers.readLine();
                assertThat(line).isNotNull();
            } while (!line.contains("HTTP/1.1 200"));
        }
    }

    /** A response that ends its connection waits for the request's end, so what is left has to be read. */
    @Test
    void restOfABody_afterAnAnswerThatEndsTheConnection_isReadAndTheConnectionEnds() throws Exception {
        var length = 2 * 1024 * 1024;
        try (var client = new Socket(service.getHost(), service.getPort())) {
            client.setSoTimeout(5_000);
            client.getOutputStream()
                    .write(unsupported(Rest.aThread(), "Connection: close\r\nContent-Length: " + length));
            client.getOutputStream().write(" ".repeat(length).getBytes(StandardCharsets.US_ASCII));

            var answer = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(answer).startsWith("HTTP/1.1 415");
        }
    }

    private static byte[] unsupported(Object thread, String header) {
        return ("POST /v1/threads/" + thread + "/items HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
                        + header + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    /** Else a tenant that disconnects at once could have any number of requests worked on. */
    @Test
    void permit_ofAClientThatDisconnects_isHeldUntilTheWorkEnds() throws Exception {
        var thread = Rest.aThread();
        var body = "{\"items\":[" + Items.agentMessage("said") + "]}";
        try (var connection = TestDatabase.connect();
                var statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.executeQuery("SELECT * FROM thread WHERE thread_id = '" + thread + "' FOR UPDATE");
            try (var client = new Socket(service.getHost(), service.getPort())) {
                client.getOutputStream()
                        .write(("POST /v1/threads/" + thread + "/items HTTP/1.1\r\nHost: localhost\r\n"
                                        + "Content-Type: application/json\r\nContent-Length: " + body.length()
                                        + "\r\n\r\n" + body)
                                .getBytes(StandardCharsets.US_ASCII));
                await(Limit.REQUESTS, 1, Duration.ofSeconds(5));
                // what has not begun is not begun any more
                TimeUnit.MILLISECONDS.sleep(500);
            }

            TimeUnit.MILLISECONDS.sleep(500);
            assertThat(limiters.of(Limit.REQUESTS).used()).isEqualTo(1);
            assertThat(limiters.of(Limit.MEMORY).used()).isPositive();

            connection.rollback();
        }
        await(Limit.REQUESTS, 0, Duration.ofSeconds(5));
    }

    @Test
    void threadThatReadsAStreamOfHttp2_isFreeWhenTheClientIsTooSlow() throws Exception {
        var thread = Rest.aThread();
        try (var client = new RawHttp2(service.getHost(), service.getPort())) {
            var block = RawHttp2.block(
                    ":method",
                    "POST",
                    ":scheme",
                    "http",
                    ":authority",
                    "localhost",
                    ":path",
                    "/v1/threads/" + thread + "/items",
                    "content-type",
                    "application/x-ndjson");
            client.send(RawHttp2.HEADERS, RawHttp2.END_HEADERS, 1, block);
            await(Limit.BODIES, 1, Duration.ofSeconds(1));
            var reset = client.await(RawHttp2.RST_STREAM);

            assertThat(reset.stream()).isEqualTo(1);
            // far below the 15 seconds after which the framework would close the connection
            await(Limit.BODIES, 0, Duration.ofSeconds(2));
            client.get(3, "/v1/threads/" + thread, ":authority", "localhost");
            assertThat(client.response(3)).contains(thread.toString());
        }
    }

    private static void aLongList() {
        for (var i = 0; i < 100; i++) {
            Rest.append(Rest.aThread(), Items.userMessage("q".repeat(1500)))
                    .then()
                    .statusCode(200);
        }
    }

    private void awaitAtLeast(Limit limit, long amount) throws InterruptedException {
        var deadline = System.nanoTime() + Duration.ofSeconds(5).toNanos();
        while (limiters.of(limit).used() < amount) {
            assertThat(System.nanoTime())
                    .as("%s: %d", limit, limiters.of(limit).used())
                    .isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(10);
        }
    }

    private void await(Limit limit, long amount, Duration atMost) throws InterruptedException {
        var deadline = System.nanoTime() + atMost.toNanos();
        while (limiters.of(limit).used() != amount) {
            assertThat(System.nanoTime())
                    .as("%s: %d", limit, limiters.of(limit).used())
                    .isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(10);
        }
    }
}
