package io.threadstore.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.threadstore.testsupport.Items;
import io.threadstore.testsupport.RawHttp2;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Limits for connections, with short times: headers within 2 s, idle for 4 s, 40 connections of a peer, 100 control
 * frames.
 */
class ConnectionLimitsIT {

    private static final String CALM = "GOAWAY 11";

    /** The connection is closed while the flood is still on its way. */
    private static final String RESET = "reset";

    private static final String CLOSED = "closed";

    private static final Duration SLACK = Duration.ofSeconds(5);
    private static final String GET = "GET /v1/threads?limit=1&cwd=/nowhere HTTP/1.1\r\nHost: x\r\n\r\n";

    private static ServiceProcess service;

    @TempDir
    private static Path directory;

    @BeforeAll
    static void start() throws Exception {
        service = ServiceProcess.onDirectory(
                directory,
                "-Dthreadstore.connections.header-timeout=2s",
                "-Dthreadstore.connections.idle-timeout=4s",
                "-Dthreadstore.connections.max-per-peer=40",
                "-Dthreadstore.connections.control-frames=100");
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    @Test
    void silentConnection_afterHeaderTimeout_isClosed() throws Exception {
        var before = rejected("header_timeout");
        try (var socket = connect()) {
            assertThat(timeToEnd(socket))
                    .isBetween(Duration.ofSeconds(1), Duration.ofSeconds(2).plus(SLACK));
        }
        assertThat(rejected("header_timeout")).isGreaterThan(before);
    }

    @Test
    void headersThatDrip_afterHeaderTimeout_areAnsweredWith408() throws Exception {
        try (var socket = connect()) {
            assertThat(drip(socket)).startsWith("HTTP/1.1 408").contains("request_timeout", "2 s");
        }
    }

    @Test
    void laterHeadersThatDrip_afterHeaderTimeout_areAnsweredWith408() throws Exception {
        try (var socket = connect()) {
            send(socket, GET);
            var answer = read(socket, "\\}$");
            assertThat(answer).startsWith("HTTP/1.1 200");
            TimeUnit.MILLISECONDS.sleep(2500); // idle for longer than headers may take
            assertThat(drip(socket)).startsWith("HTTP/1.1 408");
        }
    }

    @Test
    void http2PrefaceThatStops_afterHeaderTimeout_isClosed() throws Exception {
        try (var socket = connect()) {
            send(socket, "PRI * HTTP/2.0\r\n\r\nS");
            assertThat(timeToEnd(socket))
                    .isBetween(Duration.ofSeconds(1), Duration.ofSeconds(2).plus(SLACK));
        }
    }

    @Test
    void http2HeadersThatStop_afterHeaderTimeout_areClosed() throws Exception {
        try (var connection = new RawHttp2("127.0.0.1", service.port())) {
            connection.await(RawHttp2.SETTINGS);
            connection.send(RawHttp2.HEADERS, 0, 1, RawHttp2.block(":method", "GET"));
            var start = System.nanoTime();
            assertThat(connection.await(-1)).isNull();
            assertThat(System.nanoTime() - start)
                    .isLessThan(Duration.ofMillis(3500).toNanos());
        }
    }

    /** The end of a body is no beginning of headers. */
    @Test
    void bodyThatEndsAfterItsAnswer_onAnIdleConnection_beginsNoHeaders() throws Exception {
        try (var socket = connect()) {
            send(socket, "POST /v1//threads HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n" + " ".repeat(5000));
            assertThat(read(socket, "\\}$")).startsWith("HTTP/1.1 400");
            TimeUnit.MILLISECONDS.sleep(3000); // longer than headers may take, shorter than it may be idle
            send(socket, GET);
            assertThat(read(socket, "\\}$")).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void idleConnection_afterIdleTimeout_isClosed() throws Exception {
        try (var socket = connect()) {
            send(socket, GET);
            read(socket, "\\}$");
            assertThat(timeToEnd(socket))
                    .isBetween(Duration.ofSeconds(3), Duration.ofSeconds(4).plus(SLACK));
        }
    }

    @Test
    void idleHttp2Connection_afterIdleTimeout_isEndedWithGoAway() throws Exception {
        try (var connection = new RawHttp2("127.0.0.1", service.port())) {
            connection.get(1, "/v1/threads?limit=1&cwd=/nowhere", ":authority", "x");
            assertThat(connection.response(1)).contains("threads");
            var end = connection.await(RawHttp2.GOAWAY);
            assertThat(end).isNotNull();
            assertThat(end.error()).isZero();
            assertThat(connection.next()).isNull();
        }
    }

    @Test
    void requestInProgress_beyondAllTimeouts_isAnswered() throws Exception {
        var id = thread(1);
        var item = Items.userMessage("slow");
        var body = "{\"items\":[" + item + "]}";
        try (var socket = connect()) {
            send(
                    socket,
                    "POST /v1/threads/" + id + "/items HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                            + "Content-Length: " + body.length() + "\r\n\r\n");
            for (var half : new String[] {body.substring(0, 5), body.substring(5)}) {
                TimeUnit.MILLISECONDS.sleep(4500);
                send(socket, half);
            }
            assertThat(read(socket, "\\}$")).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void connectionsOfOnePeer_beyondLimit_areClosedAtOnce() throws Exception {
        var before = rejected("max_per_peer");
        var open = new ArrayList<Socket>();
        try {
            var answered = 0;
            for (var i = 0; i < 60; i++) {
                var socket = connect();
                open.add(socket);
                answered += answers(socket) ? 1 : 0;
            }
            assertThat(answered).isBetween(20, 40);
        } finally {
            for (var socket : open) {
                socket.close();
            }
        }
        await(() -> service.statusOf("/q/health/live") == 200);
        assertThat(rejected("max_per_peer")).isGreaterThanOrEqualTo(before + 20);
        await(() -> metric("threadstore_connections ") < 10);
    }

    @Test
    void connectionsOfTrustedProxy_beyondLimit_areAccepted() throws Exception {
        try (var other = ServiceProcess.onDirectory(
                Path.of("target", "connections-database"),
                "-Dthreadstore.connections.max-per-peer=5",
                "-Dthreadstore.trusted-proxies=127.0.0.0/8")) {
            var open = new ArrayList<Socket>();
            for (var i = 0; i < 30; i++) {
                var socket = new Socket("127.0.0.1", other.port());
                socket.setSoTimeout(10_000);
                open.add(socket);
                assertThat(answers(socket)).isTrue();
            }
            for (var socket : open) {
                socket.close();
            }
        }
    }

    /** Type, flags, stream and length of the payload; the stream 1 is closed. */
    @ParameterizedTest
    @CsvSource({
        "6,0,0,8",
        "6,1,0,8",
        "4,0,0,0",
        "2,0,1,5",
        "2,0,99,5",
        "3,0,1,4",
        "8,0,0,4",
        "8,0,1,4",
        "77,0,0,3",
        "77,0,1,0"
    })
    void controlFrames_inAFlood_endTheConnection(int type, int flags, int stream, int length) throws Exception {
        var before = rejected("control_frames");
        try (var connection = new RawHttp2("127.0.0.1", service.port())) {
            connection.get(1, "/v1/threads?limit=1&cwd=/nowhere", ":authority", "x");
            connection.response(1);
            var payload = new byte[length];
            if (length > 0) {
                payload[length - 1] = 1;
            }
            var isClosed = false;
            try {
                for (var i = 0; i < 2000; i++) {
                    connection.send(type, flags, stream, payload);
                }
            } catch (IOException e) {
                isClosed = true;
            }
            assertThat(isClosed ? RESET : endOf(connection)).isIn(RESET, CLOSED, CALM);
        }
        await(() -> rejected("control_frames") > before);
    }

    @Test
    void emptyDataFrames_inAFlood_endTheConnection() throws Exception {
        try (var connection = new RawHttp2("127.0.0.1", service.port())) {
            connection.send(
                    RawHttp2.HEADERS,
                    RawHttp2.END_HEADERS,
                    1,
                    RawHttp2.block(":method", "POST", ":scheme", "http", ":path", "/v1/threads", ":authority", "x"));
            try {
                for (var i = 0; i < 1000; i++) {
                    connection.send(RawHttp2.DATA, 0, 1);
                }
            } catch (IOException e) {
                return;
            }
            assertThat(endOf(connection)).isIn(RESET, CLOSED, CALM);
        }
    }

    /**
     * Clients that tell of every DATA frame they have read, for the stream and for the connection, and measure with
     * PING meanwhile.
     */
    @Test
    void windowUpdates_forALargeStream_doNotEndTheConnection() throws Exception {
        var id = thread(400);
        try (var connection = new RawHttp2("127.0.0.1", service.port())) {
            connection.get(1, "/v1/threads/" + id + "/history", ":authority", "x");
            var frames = 0;
            var bytes = 0L;
            for (var frame = connection.next(); ; frame = connection.next()) {
                assertThat(frame).as("the connection after %d bytes", bytes).isNotNull();
                assertThat(frame.type()).isNotIn(RawHttp2.GOAWAY, RawHttp2.RST_STREAM);
                if (frame.isEnd()) {
                    break;
                }
                if (frame.type() == RawHttp2.DATA && frame.payload().length > 0) {
                    frames++;
                    bytes += frame.payload().length;
                    var increment = ByteBuffer.allocate(4)
                            .putInt(frame.payload().length)
                            .array();
                    connection.send(RawHttp2.WINDOW_UPDATE, 0, 0, increment);
                    connection.send(RawHttp2.WINDOW_UPDATE, 0, 1, increment);
                }
            }
            assertThat(frames).isGreaterThan(150);
        }
    }

    @Test
    void keepAlivePings_oncePerSecond_doNotEndTheConnection() throws Exception {
        try (var connection = new RawHttp2("127.0.0.1", service.port())) {
            for (var stream = 1; stream < 400; stream += 2) {
                connection.send(RawHttp2.PING, 0, 0, new byte[8]);
                connection.get(stream, "/v1/threads?limit=1&cwd=/nowhere", ":authority", "x");
                assertThat(connection.response(stream)).contains("threads");
            }
        }
    }

    private static String endOf(RawHttp2 connection) throws IOException {
        try {
            var end = connection.await(RawHttp2.GOAWAY);
            return end == null ? CLOSED : "GOAWAY " + end.error();
        } catch (java.net.SocketException e) {
            return RESET; // the rest of the flood was still on its way
        }
    }

    private static Socket connect() throws IOException {
        var socket = new Socket("127.0.0.1", service.port());
        socket.setSoTimeout(20_000);
        socket.setTcpNoDelay(true);
        return socket;
    }

    private static boolean answers(Socket socket) {
        try {
            send(socket, GET);
            return socket.getInputStream().read() == 'H';
        } catch (IOException e) {
            return false;
        }
    }

    /** Sends a header byte by byte until an answer comes; then what comes until the connection ends. */
    private static String drip(Socket socket) throws Exception {
        send(socket, "GET /v1/threads HTTP/1.1\r\nHost: x\r\nX-A: ");
        var start = System.nanoTime();
        while (socket.getInputStream().available() == 0) {
            assertThat(System.nanoTime() - start)
                    .isLessThan(Duration.ofSeconds(2).plus(SLACK).toNanos());
            send(socket, "a");
            TimeUnit.MILLISECONDS.sleep(100);
        }
        assertThat(System.nanoTime() - start)
                .isGreaterThan(Duration.ofSeconds(1).toNanos());
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String read(Socket socket, String end) throws IOException {
        var pattern = Pattern.compile(end);
        var text = new StringBuilder();
        while (!pattern.matcher(text).find()) {
            var octet = socket.getInputStream().read();
            if (octet < 0) {
                break;
            }
            text.append((char) octet);
        }
        return text.toString();
    }

    private static Duration timeToEnd(Socket socket) throws IOException {
        var start = System.nanoTime();
        assertThat(socket.getInputStream().read()).isEqualTo(-1);
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private static UUID thread(int items) throws Exception {
        var id = UUID.randomUUID();
        assertThat(service.post("/v1/threads", "{\"thread_id\":\"" + id + "\",\"source\":{\"kind\":\"cli\"}}")
                        .statusCode())
                .isEqualTo(201);
        for (var i = 0; i < items; i++) {
            service.post("/v1/threads/" + id + "/items", "{\"items\":[" + Items.userMessage("x".repeat(10_000)) + "]}");
        }
        return id;
    }

    private static double rejected(String reason) throws Exception {
        return metric("threadstore_connections_rejected_total{reason=\"" + reason + "\"} ");
    }

    private static double metric(String series) throws Exception {
        return service.get("/q/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(series))
                .mapToDouble(line -> Double.parseDouble(line.substring(series.length())))
                .sum();
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    private static void await(Condition condition) throws Exception {
        var deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (true) {
            try {
                if (condition.holds()) {
                    return;
                }
            } catch (IOException e) {
                // no connection is free yet
            }
            assertThat(System.nanoTime()).isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }
}
