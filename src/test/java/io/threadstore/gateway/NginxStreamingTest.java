package io.threadstore.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.threadstore.testsupport.Nginx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.SubmissionPublisher;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** That nginx holds no body back, and sends nothing twice: told by a service that waits for its client in the middle. */
@Timeout(60)
class NginxStreamingTest {

    private static final String PATH = "/threadstore/v1/threads/x/rollout";
    private static final int BEGINNING = 100;

    private HttpServer server;
    private HttpHandler handler;
    private Nginx nginx;
    private HttpClient client;

    @BeforeEach
    void start() throws Exception {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/v1/", exchange -> handler.handle(exchange));
        server.start();
        // two servers, so that there is another one to be tried
        var address = "127.0.0.1:" + server.getAddress().getPort();
        nginx = Nginx.before(address + " max_fails=0; server " + address, Map.of());
        client = HttpClient.newBuilder().sslContext(nginx.tls()).build();
    }

    @AfterEach
    void stop() throws Exception {
        if (nginx != null) {
            nginx.close();
        }
        server.stop(0);
    }

    @Test
    void beginningOfAnAnswerArrivesWhileItsEndIsNotWritten() throws Exception {
        var read = new CountDownLatch(1);
        handler = exchange -> {
            exchange.sendResponseHeaders(200, 0);
            var body = exchange.getResponseBody();
            body.write(new byte[BEGINNING]);
            body.flush();
            await(read);
            body.write(new byte[BEGINNING]);
            exchange.close();
        };

        var answer = client.send(
                HttpRequest.newBuilder(URI.create(nginx.uri() + PATH)).build(), BodyHandlers.ofInputStream());
        try (var body = answer.body()) {
            assertThat(body.readNBytes(BEGINNING)).hasSize(BEGINNING);
            read.countDown();
            assertThat(body.readAllBytes()).hasSize(BEGINNING);
        }
    }

    @Test
    void beginningOfABodyArrivesWhileItsEndIsNotSent() throws Exception {
        var received = new CountDownLatch(1);
        handler = exchange -> {
            exchange.getRequestBody()
                    .read(); // not the whole chunk, whose end the JDK's server reads with the next one's beginning
            received.countDown();
            var rest = exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(200, rest.length);
            exchange.getResponseBody().write(rest);
            exchange.close();
        };
        CompletableFuture<HttpResponse<byte[]>> answer;
        try (var body = new SubmissionPublisher<ByteBuffer>()) {
            var request = HttpRequest.newBuilder(URI.create(nginx.uri() + PATH))
                    .PUT(BodyPublishers.fromPublisher(body))
                    .build();
            answer = client.sendAsync(request, BodyHandlers.ofByteArray());
            while (!body.hasSubscribers()) {
                TimeUnit.MILLISECONDS.sleep(5); // what nobody waits for yet would be dropped
            }
            body.submit(ByteBuffer.allocate(BEGINNING));
            await(received);
            body.submit(ByteBuffer.allocate(BEGINNING));
        }

        assertThat(answer.get().statusCode()).isEqualTo(200);
        assertThat(answer.get().body()).hasSize(2 * BEGINNING - 1);
    }

    @Test
    void nothingIsSentTwice() throws Exception {
        var calls = new AtomicInteger();
        handler = exchange -> {
            calls.incrementAndGet();
            exchange.close(); // without an answer
        };

        for (var method : new String[] {"GET", "POST", "PUT", "DELETE"}) {
            calls.set(0);
            var request = HttpRequest.newBuilder(URI.create(nginx.uri() + PATH))
                    .method(method, BodyPublishers.noBody())
                    .build();

            assertThat(client.send(request, BodyHandlers.ofString()).statusCode())
                    .isEqualTo(502);
            assertThat(calls).as(method).hasValue(1);
        }
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            if (!latch.await(20, TimeUnit.SECONDS)) {
                throw new IOException("the other side has seen nothing");
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }
}
