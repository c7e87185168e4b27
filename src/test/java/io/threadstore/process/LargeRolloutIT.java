package io.threadstore.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.threadstore.testsupport.Items;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Memory is bounded by a page, not by a thread: 200 MB go in and out of a service that has 256 MB. */
class LargeRolloutIT {

    private static final long BYTES = 200_000_000;

    @Test
    void rolloutFileOf200MegabytesIsImportedExportedAndReadWithASmallHeap() throws Exception {
        var id = UUID.randomUUID();
        var file = Files.createTempFile(Path.of("target"), "large-", ".jsonl");
        var exported = Files.createTempFile(Path.of("target"), "exported-", ".jsonl");
        try (var service = ServiceProcess.onDirectory(ServiceProcessIT.DIRECTORY, "-Xmx256m")) {
            var items = write(file, id);
            var rollout = service.uri("/v1/threads/" + id + "/rollout");

            var imported = service.client()
                    .send(
                            HttpRequest.newBuilder(rollout)
                                    .header("Content-Type", "application/x-ndjson")
                                    .PUT(HttpRequest.BodyPublishers.ofFile(file))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            assertThat(imported.statusCode()).as(imported.body()).isEqualTo(201);
            assertThat(imported.body()).contains("\"appended\":" + items);

            service.client().send(HttpRequest.newBuilder(rollout).build(), HttpResponse.BodyHandlers.ofFile(exported));
            assertThat(Files.mismatch(file, exported)).isEqualTo(-1);

            var history = service.client()
                    .send(
                            HttpRequest.newBuilder(service.uri("/v1/threads/" + id + "/history"))
                                    .header("Accept", "application/x-ndjson")
                                    .build(),
                            HttpResponse.BodyHandlers.ofInputStream());
            try (var lines = new BufferedReader(new InputStreamReader(history.body(), StandardCharsets.UTF_8))) {
                assertThat(lines.lines().count()).isEqualTo(items);
            }
            assertThat(service.output()).doesNotContain("OutOfMemoryError");
        } finally {
            Files.delete(file);
            Files.delete(exported);
        }
    }

    private static long write(Path file, UUID id) throws Exception {
        var lines = 1L;
        try (var out = Files.newBufferedWriter(file)) {
            out.write(Items.sessionMeta(id) + "\n");
            var text = "x".repeat(900);
            var bytes = 0L;
            while (bytes < BYTES) {
                var line = Items.timed(Items.agentMessage(lines + " " + text)) + "\n";
                out.write(line);
                bytes += line.length();
                lines++;
            }
        }
        return lines;
    }
}
