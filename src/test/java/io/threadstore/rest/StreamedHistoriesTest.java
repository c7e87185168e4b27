package io.threadstore.rest;

import static io.threadstore.testsupport.Rest.aThread;
import static io.threadstore.testsupport.Rest.ndjson;
import static io.threadstore.testsupport.Rest.path;
import static io.threadstore.testsupport.Together.together;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.threadstore.testsupport.Items;
import io.threadstore.testsupport.Rest;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Chunks are made in memory that other answers have been in, and nobody may see any of those. */
@QuarkusTest
class StreamedHistoriesTest extends RestTest {

    private static final int THREADS = 6;
    private static final int READERS = 4 * THREADS;

    private final HttpClient http1 =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** With prior knowledge, which the JDK's client does not have. */
    private final Vertx vertx = Vertx.vertx();

    private final io.vertx.core.http.HttpClient http2 = vertx.createHttpClient(
            new HttpClientOptions().setProtocolVersion(HttpVersion.HTTP_2).setHttp2ClearTextUpgrade(false));

    @AfterEach
    void close() {
        vertx.close();
    }

    @Test
    void readersGetTheirOwnThreadsThoughOthersHangUp() throws Exception {
        var threads = new ArrayList<UUID>();
        var exports = new ArrayList<byte[]>();
        for (var number = 0; number < THREADS; number++) {
            threads.add(aThread());
            // of one chunk to many
            exports.add(fill(threads.get(number), number, 40 + 700 * number));
        }
        together(READERS, reader -> {
            var thread = threads.get(reader % THREADS);
            for (var round = 0; round < 8; round++) {
                switch (reader / THREADS) {
                    case 0 -> hangUp(http1, thread, 1 + round * 100_000);
                    case 1 -> hangUpOverHttp2(thread, 1 + round * 100_000);
                    default -> {
                        var coding = round % 2 == 0 ? "identity" : "gzip";
                        var answer = reader / THREADS == 2 ? get(thread, coding) : getOverHttp2(thread, coding);
                        assertThat(answer).isEqualTo(exports.get(reader % THREADS));
                    }
                }
            }
            return null;
        });
    }

    /** What ends an answer does not fit into the chunk that a long item has made. */
    @Test
    void historyWithinJsonEndsAfterALongItem() {
        var thread = aThread();
        Rest.patch(thread, "{\"name\":\"Größe\"}").then().statusCode(200);
        for (var length : new int[] {1_000_000, 50, 400_000, 200}) {
            var text = "ä".repeat(length);
            Rest.append(thread, Items.agentMessage(text)).then().statusCode(200);

            var read =
                    Rest.request().get(path(thread) + "?include_history=true").then();

            read.statusCode(200);
            var json = read.extract().jsonPath();
            assertThat(json.getString("name")).isEqualTo("Größe");
            assertThat(json.getString("history.items[-1].payload.message")).isEqualTo(text);
        }
    }

    /** Appends items, and returns the rollout file that they make. */
    private static byte[] fill(UUID thread, int number, int items) {
        var random = new Random(number);
        var lines = new ArrayList<String>();
        for (var item = 0; item < items; item++) {
            // one is beyond what a chunk is meant to hold
            var length = item == 33 ? 700_000 : random.nextInt(1500);
            lines.add("{\"type\":\"response_item\",\"payload\":{\"type\":\"message\",\"of\":" + number + ",\"n\":"
                    + item + ",\"text\":\"" + Character.toString('a' + number).repeat(length) + "\"}}");
        }
        for (var from = 0; from < items; from += 500) {
            var some = lines.subList(from, Math.min(items, from + 500));
            ndjson(String.join("\n", some)).post(path(thread) + "/items").then().statusCode(200);
        }
        var file = Rest.export(thread);
        var exported = new String(file, StandardCharsets.UTF_8).lines().toList();
        assertThat(exported).hasSize(1 + items);
        for (var item = 0; item < items; item++) {
            assertThat(exported.get(1 + item)).endsWith(lines.get(item).substring(1));
        }
        return file;
    }

    private byte[] get(UUID thread, String coding) throws IOException, InterruptedException {
        var answer = http1.send(rollout(thread, coding), HttpResponse.BodyHandlers.ofByteArray());
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
        return unpacked(answer.headers().firstValue("Content-Encoding").orElse("identity"), coding, answer.body());
    }

    private byte[] getOverHttp2(UUID thread, String coding) throws Exception {
        var answer = send(thread, coding).get(1, TimeUnit.MINUTES);
        var whole = answer.body();
        answer.resume();
        var body = whole.toCompletionStage().toCompletableFuture().get(1, TimeUnit.MINUTES);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.version()).isEqualTo(HttpVersion.HTTP_2);
        return unpacked(
                Objects.requireNonNullElse(answer.getHeader("Content-Encoding"), "identity"), coding, body.getBytes());
    }

    private static byte[] unpacked(String found, String coding, byte[] body) throws IOException {
        assertThat(found).isEqualTo(coding);
        return coding.equals("gzip") ? new GZIPInputStream(new ByteArrayInputStream(body)).readAllBytes() : body;
    }

    /** The answer, paused. */
    private CompletableFuture<HttpClientResponse> send(UUID thread, String coding) {
        return http2.request(new RequestOptions()
                        .setHost("localhost")
                        .setPort(RestAssured.port)
                        .setURI(path(thread) + "/rollout")
                        .putHeader("Accept-Encoding", coding))
                .compose(HttpClientRequest::send)
                .onSuccess(HttpClientResponse::pause)
                .toCompletionStage()
                .toCompletableFuture();
    }

    private void hangUpOverHttp2(UUID thread, int bytes) throws Exception {
        var answer = send(thread, "identity").get(1, TimeUnit.MINUTES);
        var isLeft = new CompletableFuture<Void>();
        var read = new AtomicInteger();
        answer.handler(part -> {
                    if (read.addAndGet(part.length()) >= bytes) {
                        answer.request().reset();
                        isLeft.complete(null);
                    }
                })
                .endHandler(ended -> isLeft.complete(null))
                .exceptionHandler(reset -> isLeft.complete(null))
                .resume();
        isLeft.get(1, TimeUnit.MINUTES);
    }

    /** Reads some of the answer, and no more. */
    private static void hangUp(HttpClient client, UUID thread, int bytes) throws IOException, InterruptedException {
        var answer = client.send(rollout(thread, "identity"), HttpResponse.BodyHandlers.ofInputStream());
        try (var body = answer.body()) {
            body.readNBytes(bytes);
        }
    }

    private static HttpRequest rollout(UUID thread, String coding) {
        return HttpRequest.newBuilder(
                        URI.create(RestAssured.baseURI + ":" + RestAssured.port + path(thread) + "/rollout"))
                .header("Accept-Encoding", coding)
                .timeout(Duration.ofMinutes(1))
                .build();
    }
}
