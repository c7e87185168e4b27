package io.threadstore.rest;

import static io.threadstore.testsupport.Rest.aThread;
import static io.threadstore.testsupport.Rest.ndjson;
import static io.threadstore.testsupport.Rest.path;
import static io.threadstore.testsupport.Together.together;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.threadstore.testsupport.Rest;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Chunks are made in memory that other answers have been in, and nobody may see any of those. */
@QuarkusTest
class StreamedHistoriesTest extends RestTest {

    private static final int THREADS = 6;

    @Test
    void readersGetTheirOwnThreadsThoughOthersHangUp() throws Exception {
        var threads = new ArrayList<UUID>();
        var exports = new ArrayList<byte[]>();
        for (var number = 0; number < THREADS; number++) {
            var thread = aThread();
            // of one chunk to many, with an item beyond what a chunk is meant to hold
            fill(thread, number, 40 + 700 * number);
            threads.add(thread);
            exports.add(Rest.export(thread));
        }

        together(3 * THREADS, reader -> {
            var number = reader % THREADS;
            for (var round = 0; round < 8; round++) {
                if (reader < THREADS) {
                    hangUp(threads.get(number), 1 + round * 100_000);
                } else {
                    var version = round % 2 == 0 ? HttpClient.Version.HTTP_1_1 : HttpClient.Version.HTTP_2;
                    assertThat(get(threads.get(number), version)).isEqualTo(exports.get(number));
                }
            }
            return null;
        });
    }

    private static void fill(UUID thread, int number, int items) {
        var random = new Random(number);
        var lines = new ArrayList<String>();
        for (var item = 0; item < items; item++) {
            var length = item == 33 ? 700_000 : random.nextInt(1500);
            lines.add("{\"type\":\"response_item\",\"payload\":{\"type\":\"message\",\"of\":" + number + ",\"n\":"
                    + item + ",\"text\":\"" + Character.toString('a' + number).repeat(length) + "\"}}");
        }
        for (var from = 0; from < items; from += 500) {
            List<String> some = lines.subList(from, Math.min(items, from + 500));
            ndjson(String.join("\n", some)).post(path(thread) + "/items").then().statusCode(200);
        }
    }

    private static byte[] get(UUID thread, HttpClient.Version version) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(
                        URI.create(RestAssured.baseURI + ":" + RestAssured.port + path(thread) + "/rollout"))
                .version(version)
                .timeout(Duration.ofMinutes(1))
                .build();
        var answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofByteArray());
        assertThat(answer.statusCode()).isEqualTo(200);
        return answer.body();
    }

    /** Reads some of the answer, and goes. */
    private static void hangUp(UUID thread, int bytes) throws IOException {
        try (var socket = new Socket("localhost", RestAssured.port)) {
            socket.getOutputStream()
                    .write(("GET " + path(thread) + "/history HTTP/1.1\r\nHost: localhost\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            socket.getInputStream().readNBytes(bytes);
        }
    }
}
