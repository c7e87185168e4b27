package io.threadstore.benchmark;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * HTTP/1.1 clients in one thread: what a client costs is a read and a write for each request, and the processors are the service's. Answers have to have
 * a status 2xx, and those in chunks have to be of JSON.
 */
final class HttpLoad {

    private static final byte[] LAST_CHUNK = "\r\n0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] LENGTH = "content-length:".getBytes(StandardCharsets.US_ASCII);

    /** How late a request of an open loop may be sent by the generator's own fault. */
    private static final long TICK_NANOS = 200_000;

    /** How long an open loop waits for its last answers. */
    private static final int LATE_SECONDS = 5;

    private HttpLoad() {}

    /** What one client sends. */
    @FunctionalInterface
    interface Client {

        /** The next request, whole; it is the client's again when it is answered. */
        ByteBuffer next();
    }

    /** A client by its number. */
    @FunctionalInterface
    interface Clients {
        Client open(int number) throws IOException;
    }

    static ByteBuffer request(String method, String path, String headers, byte[] body) {
        var head = (method + " " + path + " HTTP/1.1\r\nHost: benchmark\r\n" + headers + "Content-Length: "
                        + body.length + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(head.length + body.length)
                .put(head)
                .put(body)
                .flip();
    }

    /** Each client sends the next request when the last is answered: a closed loop. */
    static Round run(Stage stage, int count, Clients clients, int warmUpSeconds, int seconds) throws IOException {
        return run(stage, count, clients, 0, warmUpSeconds, seconds);
    }

    /**
     * So many requests a second, whether those before are answered or not: an open loop. A request takes from the moment on at which it
     * was to be sent, also if no client was free to send it; what is not answered some seconds after the end counts with as long as it waited.
     */
    static Round runOpen(Stage stage, int count, Clients clients, int perSecond, int warmUpSeconds, int seconds)
            throws IOException {
        return run(stage, count, clients, perSecond, warmUpSeconds, seconds);
    }

    private static Round run(Stage stage, int count, Clients clients, int perSecond, int warmUpSeconds, int seconds)
            throws IOException {
        var connections = new ArrayList<Connection>();
        try (var selector = Selector.open()) {
            for (var i = 0; i < count; i++) {
                connections.add(new Connection(stage.port(), clients.open(i), selector));
            }
            return new Loop(stage, selector, connections, perSecond).run(warmUpSeconds, seconds);
        } finally {
            for (var connection : connections) {
                connection.channel.close();
            }
        }
    }

    private static final class Loop {

        private final Stage stage;
        private final Selector selector;
        private final List<Connection> connections;
        private final ArrayDeque<Connection> idle;
        private final int perSecond;
        private final Latencies taken = new Latencies();
        private long answered;
        private long sent;

        /** @param perSecond how many requests, or 0: the next when the last is answered */
        Loop(Stage stage, Selector selector, List<Connection> connections, int perSecond) {
            this.stage = stage;
            this.selector = selector;
            this.connections = connections;
            this.idle = new ArrayDeque<>(connections);
            this.perSecond = perSecond;
        }

        Round run(int warmUpSeconds, int seconds) throws IOException {
            var first = System.nanoTime();
            var begin = first + warmUpSeconds * 1_000_000_000L;
            var end = begin + seconds * 1_000_000_000L;
            var clock = perSecond == 0 ? null : wakeAgainAndAgain();
            Stage.Cpu before = null;
            for (var now = System.nanoTime(); now < end; now = System.nanoTime()) {
                if (before == null && now >= begin) {
                    before = stage.cpu();
                }
                sendWhatIsDue(first, now);
                selector.select(1000);
                receive(begin, end);
            }
            if (before == null) {
                throw new IllegalStateException("a round has to last");
            }
            var used = stage.cpu().since(before, seconds);
            if (clock != null) {
                awaitAnswers(first, begin, end);
                clock.interrupt();
            }
            return Round.of(taken, answered / (double) seconds, used, stage.serviceRss());
        }

        /** Those of an open loop that were due before the end; a closed loop has none but the last of each client. */
        private void awaitAnswers(long first, long begin, long end) throws IOException {
            var deadline = end + LATE_SECONDS * 1_000_000_000L;
            while (System.nanoTime() < deadline && (due(first) < end || idle.size() < connections.size())) {
                sendWhatIsDue(first, end - 1);
                selector.select(1000);
                receive(begin, end);
            }
            var now = System.nanoTime();
            connections.stream()
                    .filter(connection -> connection.isWaiting && connection.sentAt >= begin)
                    .forEach(connection -> taken.add(now - connection.sentAt));
            for (; due(first) < end; sent++) {
                if (due(first) >= begin) {
                    taken.add(now - due(first));
                }
            }
        }

        private void sendWhatIsDue(long first, long now) throws IOException {
            if (perSecond == 0) {
                while (!idle.isEmpty()) {
                    idle.remove().send(System.nanoTime());
                }
                return;
            }
            for (var due = due(first); due <= now && !idle.isEmpty(); due = due(first)) {
                idle.remove().send(due);
                sent++;
            }
        }

        private long due(long first) {
            return first + sent * 1_000_000_000L / perSecond;
        }

        /** A selector's own waits are in whole milliseconds, and as much too long. */
        private Thread wakeAgainAndAgain() {
            var clock = new Thread(() -> {
                while (!Thread.interrupted()) {
                    LockSupport.parkNanos(TICK_NANOS);
                    selector.wakeup();
                }
            });
            clock.setDaemon(true);
            clock.start();
            return clock;
        }

        private void receive(long begin, long end) throws IOException {
            for (var keys = selector.selectedKeys().iterator(); keys.hasNext(); ) {
                var key = keys.next();
                keys.remove();
                var connection = (Connection) key.attachment();
                if (key.isWritable()) {
                    connection.write();
                }
                if (key.isReadable() && connection.isAnswered()) {
                    var now = System.nanoTime();
                    if (connection.sentAt >= begin && (now <= end || perSecond > 0)) {
                        taken.add(now - connection.sentAt);
                    }
                    if (connection.sentAt >= begin && now <= end) {
                        answered++;
                    }
                    idle.add(connection);
                }
            }
        }
    }

    private static final class Connection {

        private final SocketChannel channel;
        private final SelectionKey key;
        private final Client client;
        private final ByteBuffer in = ByteBuffer.allocate(256 * 1024);
        private ByteBuffer out = ByteBuffer.allocate(0);
        private long sentAt;
        private boolean isWaiting;

        Connection(int port, Client client, Selector selector) throws IOException {
            this.client = client;
            channel = SocketChannel.open(new InetSocketAddress("127.0.0.1", port));
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            key = channel.register(selector, SelectionKey.OP_READ, this);
        }

        /** @param at when it is sent, or was to be sent */
        void send(long at) throws IOException {
            sentAt = at;
            isWaiting = true;
            out = client.next();
            write();
        }

        void write() throws IOException {
            channel.write(out);
            key.interestOps(out.hasRemaining() ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ);
        }

        boolean isAnswered() throws IOException {
            if (channel.read(in) < 0) {
                throw new IOException("the service closed the connection");
            }
            var head = endOfHead();
            if (head < 0 || !isWhole(head)) {
                return false;
            }
            if (in.get(9) != '2') {
                throw new IOException(new String(in.array(), 0, in.position(), StandardCharsets.UTF_8));
            }
            in.clear();
            isWaiting = false;
            return true;
        }

        private boolean isWhole(int head) {
            var length = length(head);
            return length >= 0 ? in.position() >= head + length : endsWithLastChunk(head);
        }

        /** An answer in chunks is over with an empty one, whose line feeds no JSON text has. */
        private boolean endsWithLastChunk(int head) {
            var from = in.position() - LAST_CHUNK.length;
            for (var i = 0; i < LAST_CHUNK.length; i++) {
                if (from < head || in.get(from + i) != LAST_CHUNK[i]) {
                    return false;
                }
            }
            return true;
        }

        private int endOfHead() {
            for (var i = 3; i < in.position(); i++) {
                if (in.get(i) == '\n' && in.get(i - 2) == '\n') {
                    return i + 1;
                }
            }
            return -1;
        }

        /** Of the body, in bytes; -1 if it comes in chunks. */
        private int length(int head) {
            for (var i = 1; i + LENGTH.length < head; i++) {
                if (in.get(i - 1) == '\n' && isLength(i)) {
                    var value = 0;
                    for (var at = i + LENGTH.length; in.get(at) != '\r'; at++) {
                        value = in.get(at) == ' ' ? value : 10 * value + in.get(at) - '0';
                    }
                    return value;
                }
            }
            return -1;
        }

        private boolean isLength(int from) {
            for (var i = 0; i < LENGTH.length; i++) {
                if (LENGTH[i] != (in.get(from + i) | (LENGTH[i] == '-' || LENGTH[i] == ':' ? 0 : 0x20))) {
                    return false;
                }
            }
            return true;
        }
    }
}
