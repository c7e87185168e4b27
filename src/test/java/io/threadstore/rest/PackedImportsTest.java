package io.threadstore.rest;

import static io.threadstore.testsupport.Rest.path;
import static io.threadstore.testsupport.Rest.request;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.threadstore.testsupport.Items;
import io.threadstore.testsupport.Packed;
import io.threadstore.testsupport.Rest;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

@QuarkusTest
class PackedImportsTest extends RestTest {

    @TestHTTPResource
    URI service;

    final UUID id = UUID.randomUUID();

    @Test
    void gzipMembers_eachInItsOwnChunk_areAllStored() throws IOException {
        var lines = new String(Items.rolloutFileAs(id), UTF_8).split("(?<=\n)");
        try (var socket = new Socket(service.getHost(), service.getPort())) {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(60_000);
            var out = socket.getOutputStream();
            out.write(("PUT " + path(id) + "/rollout HTTP/1.1\r\nHost: " + service.getAuthority()
                            + "\r\nContent-Type: " + Rest.NDJSON
                            + "\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
                    .getBytes(UTF_8));
            for (var line : lines) {
                var member = Packed.gzip(line.getBytes(UTF_8));
                out.write((Integer.toHexString(member.length) + "\r\n").getBytes(UTF_8));
                out.write(member);
                out.write("\r\n".getBytes(UTF_8));
            }
            out.write("0\r\n\r\n".getBytes(UTF_8));
            assertThat(new String(socket.getInputStream().readAllBytes(), UTF_8))
                    .startsWith("HTTP/1.1 201 ")
                    .contains("\"appended\":" + lines.length);
        }

        assertThat(Rest.export(id)).isEqualTo(Items.rolloutFileAs(id));
    }

    @Test
    void zstdFile_withSkippableFrames_isStored() {
        var file = Items.rolloutFileAs(id);
        var middle = new String(file, UTF_8).indexOf('\n') + 1;

        importPacked(
                        "zstd",
                        Packed.concat(
                                Packed.skippable(0, (byte) 1),
                                Packed.zstd(java.util.Arrays.copyOf(file, middle)),
                                Packed.skippable(15),
                                Packed.zstd(java.util.Arrays.copyOfRange(file, middle, file.length)),
                                Packed.skippable(1, new byte[100])))
                .then()
                .statusCode(201);

        assertThat(Rest.export(id)).isEqualTo(file);
    }

    @Test
    void zstdFile_ofSkippableFramesOnly_isAnEmptyFile() {
        problem(importPacked("zstd", Packed.skippable(0, (byte) 1)), 400, "invalid_request")
                .body("detail", equalTo("the rollout file is empty"));
    }

    @Test
    void gzipFile_cutInTheHeaderOfASecondMember_isRejected() {
        var file = Items.rolloutFileAs(id);

        problem(
                        importPacked("gzip", Packed.concat(Packed.gzip(file), new byte[] {0x1f, (byte) 0x8b, 8})),
                        400,
                        "invalid_request")
                .body("detail", equalTo("the body is not intact gzip: it ends too early"));
        problem(Rest.get(id), 404, "thread_not_found");
    }

    @Test
    void damage_thatMakesTheContentWrongToo_isReportedAsDamage() {
        var packed = Packed.gzip(Items.rolloutFileAs(UUID.randomUUID()));
        packed[packed.length - 8]++;

        problem(importPacked("gzip", packed), 400, "invalid_request")
                .body("detail", equalTo("the body is not intact gzip: its checksum is wrong"));
    }

    @Test
    void zstdFile_ofManyBlankLines_isRejectedEarly() {
        var line = (Items.sessionMeta(id) + "\n").getBytes(UTF_8);
        var bomb = Packed.zstdBomb(line, '\n', 1600);
        assertThat(bomb.length).isLessThan(8_000);

        var begun = System.nanoTime();
        problem(importPacked("zstd", bomb), 413, "request_too_large").body("detail", containsString("blank lines"));

        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(5));
        problem(Rest.get(id), 404, "thread_not_found");
    }

    @Test
    void zstdFile_thatUnpacksToFarMore_isRejected() {
        var line = (Items.sessionMeta(id) + "\n").getBytes(UTF_8);
        var blanks = Packed.zstdBomb(line, ' ', 120);
        var parts = new byte[20][];
        java.util.Arrays.fill(parts, Packed.concat(Packed.zstdBomb("\n".getBytes(UTF_8), ' ', 120)));
        parts[0] = blanks;

        problem(importPacked("zstd", Packed.concat(parts)), 413, "request_too_large")
                .body("detail", equalTo("the body unpacks to more than 1000 times its length; send it unpacked"));
    }

    @Test
    void zstdFile_thatNeedsALargeWindow_isRejected() {
        var packed = Packed.zstd(Items.rolloutFileAs(id));
        // a single segment of 4 GiB less one
        var header = new byte[] {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, (byte) 0xa0, -1, -1, -1, -1, 1, 0, 0};

        problem(importPacked("zstd", Packed.concat(packed, header)), 400, "invalid_request")
                .body("detail", containsString("a frame needs a window of 4294967295 bytes"));
    }

    /** Nothing gives a 2xx unless all of the file is stored; where nothing is stored the thread is not there. */
    @Test
    void damagedFile_isStoredWhollyOrNotAtAll() throws Exception {
        var random = new Random(20261130);
        var client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        var file = (Items.sessionMeta(id) + "\n" + Items.timed(Items.userMessage("damaged?")) + "\n"
                        + Items.timed(Items.agentMessage("intact!")) + "\n")
                .getBytes(UTF_8);
        var secondLine = new String(file, UTF_8).indexOf('\n') + 1;
        var rejected = 0;
        for (var i = 0; i < 1000; i++) {
            var isGzip = i % 2 == 0;
            // within the second line: a cut between the parts can only be seen by what it leaves of that line
            var middle = secondLine + 1 + random.nextInt(80);
            var first = java.util.Arrays.copyOf(file, middle);
            var second = java.util.Arrays.copyOfRange(file, middle, file.length);
            var packed = isGzip
                    ? Packed.concat(Packed.gzip(first), Packed.gzip(second), new byte[random.nextInt(3)])
                    : Packed.concat(Packed.zstd(first), Packed.skippable(i & 15, new byte[3]), Packed.zstd(second));
            var status = put(client, isGzip ? "gzip" : "zstd", Packed.damaged(packed, random));
            if (status / 100 == 2) {
                assertThat(Rest.export(id)).as("import %d", i).isEqualTo(file);
                request().delete(path(id)).then().statusCode(204);
            } else {
                assertThat(status).as("import %d", i).isEqualTo(400);
                rejected++;
                if (i % 10 == 0) {
                    problem(Rest.get(id), 404, "thread_not_found");
                }
            }
        }
        problem(Rest.get(id), 404, "thread_not_found");
        assertThat(rejected).isBetween(900, 999);
    }

    private int put(HttpClient client, String coding, byte[] body) throws Exception {
        var request = HttpRequest.newBuilder(service.resolve(path(id) + "/rollout"))
                .header("Content-Type", Rest.NDJSON)
                .header("Content-Encoding", coding)
                .timeout(Duration.ofMinutes(1))
                .PUT(HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    }

    private Response importPacked(String coding, byte[] body) {
        return request()
                .contentType(Rest.NDJSON)
                .header("Content-Encoding", coding)
                .body(body)
                .put(path(id) + "/rollout");
    }
}
