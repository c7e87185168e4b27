package io.threadstore.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.threadstore.testsupport.Items;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The packaged service: crashes, signals, what it says of itself. */
class ServiceProcessIT {

    /** Shared, because the binaries are unpacked into it. */
    static final Path DIRECTORY = Path.of("target", "process-database");

    @Test
    void acknowledgedAppendSurvivesKill9() throws Exception {
        var id = UUID.randomUUID();
        try (var service = ServiceProcess.onDirectory(DIRECTORY)) {
            create(service, id);
            var answer = service.post(path(id) + "/items", "{\"items\":[" + Items.userMessage("acknowledged") + "]}");
            assertThat(answer.statusCode()).isEqualTo(200);
            service.kill();
        }

        try (var service = ServiceProcess.onDirectory(DIRECTORY)) {
            assertThat(service.get(path(id) + "/items").body()).contains("acknowledged");
            assertThat(service.get(path(id)).body()).contains("\"item_count\":2", "\"preview\":\"acknowledged\"");
        }
    }

    @Test
    void sigtermLetsARequestInFlightFinish() throws Exception {
        var id = UUID.randomUUID();
        var file = Items.rolloutFileAs(id);
        try (var service = ServiceProcess.onDirectory(DIRECTORY);
                var socket = new Socket("127.0.0.1", service.port())) {
            var out = socket.getOutputStream();
            out.write(("PUT " + path(id) + "/rollout HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n"
                            + "Content-Length: " + file.length + "\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
            out.write(file, 0, file.length / 2);
            out.flush();
            TimeUnit.MILLISECONDS.sleep(500); // the request has begun; the signal comes in its middle
            service.askToEnd();
            TimeUnit.MILLISECONDS.sleep(500);

            out.write(file, file.length / 2, file.length - file.length / 2);
            out.flush();

            var answer = new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
            assertThat(answer).isEqualTo("HTTP/1.1 201");
            service.awaitEnd();
        }
    }

    @Test
    void withoutADatabaseItSaysWhatToSet() throws Exception {
        try (var service = ServiceProcess.launch(Map.of("THREADSTORE_EMBEDDED_ENABLED", "false"))) {
            assertThat(service.awaitEnd()).isEqualTo(1);
            assertThat(service.output()).contains("THREADSTORE_DB_URL").doesNotContain("\tat ");
        }
    }

    @Test
    void healthAndMetricsTellHowItIs() throws Exception {
        try (var service = ServiceProcess.onDirectory(DIRECTORY)) {
            create(service, UUID.randomUUID());

            for (var probe : new String[] {"live", "ready", "started"}) {
                assertThat(service.statusOf("/q/health/" + probe)).isEqualTo(200);
            }
            var schema = new ObjectMapper()
                    .readTree(service.get("/q/health/ready").body())
                    .path("checks")
                    .findParents("needed")
                    .get(0);
            assertThat(schema.path("installed").asText())
                    .matches("\\d{3}")
                    .isEqualTo(schema.path("needed").asText());
            assertThat(service.get("/q/metrics").body())
                    .contains(
                            "threadstore_appends_total",
                            "threadstore_items_total",
                            "threadstore_item_bytes_total",
                            "threadstore_writers_open",
                            "http_server_requests_seconds_count{method=\"POST\",outcome=\"SUCCESS\",status=\"201\",uri=\"/v1/threads\"");
        }
    }

    static void create(ServiceProcess service, UUID id) throws Exception {
        var answer = service.post(
                "/v1/threads", "{\"thread_id\":\"" + id + "\",\"source\":{\"kind\":\"cli\"},\"cwd\":\"/w\"}");
        assertThat(answer.statusCode()).isEqualTo(201);
    }

    static String path(UUID id) {
        return "/v1/threads/" + id;
    }
}
