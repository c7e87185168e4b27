package io.threadstore.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.threadstore.platform.PrivateDatabase;
import io.threadstore.platform.embedded.EmbeddedMariaDb;
import io.threadstore.testsupport.Items;
import io.threadstore.testsupport.TestDatabase;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A database that goes away under a running service, and comes back. */
class DatabaseAwayIT {

    private PrivateDatabase database;
    private String url;
    private String username;
    private String password;

    @BeforeEach
    void findDatabase() {
        if (TestDatabase.isGiven()) {
            url = System.getenv("THREADSTORE_DB_URL");
            username = System.getenv().getOrDefault("THREADSTORE_DB_USERNAME", "threadstore");
            password = System.getenv().getOrDefault("THREADSTORE_DB_PASSWORD", "");
            return;
        }
        database = new EmbeddedMariaDb(ServiceProcessIT.DIRECTORY);
        database.start();
        var properties = database.connectionProperties();
        url = properties.get("threadstore.db.url");
        username = properties.get("threadstore.db.username");
        password = properties.get("threadstore.db.password");
    }

    @AfterEach
    void stopDatabase() {
        if (database != null) {
            database.stop();
        }
    }

    @Test
    void requestsGet503WhileItIsAwayAndSucceedAgainAfterwards() throws Exception {
        var server = URI.create(url.substring("jdbc:".length()));
        var id = UUID.randomUUID();
        try (@SuppressWarnings("try")
                        var proxy = new TcpProxy(server.getHost(), server.getPort() < 0 ? 3306 : server.getPort());
                var service = ServiceProcess.launch(Map.of(
                        "THREADSTORE_DB_URL",
                        "jdbc:mariadb://127.0.0.1:" + proxy.port() + server.getPath(),
                        "THREADSTORE_DB_USERNAME",
                        username,
                        "THREADSTORE_DB_PASSWORD",
                        password,
                        "THREADSTORE_METRICS_STORAGE_EVERY",
                        "1s"))) {
            service.awaitReady();
            assertThat(service.post("/v1/threads", "{\"thread_id\":\"" + id + "\",\"source\":{\"kind\":\"cli\"}}")
                            .statusCode())
                    .isEqualTo(201);
            awaitMeasureOfTables(service);

            proxy.cut();

            for (var i = 0; i < 5; i++) {
                var append = append(service, id);
                assertThat(append.statusCode()).isEqualTo(503);
                assertThat(append.headers().firstValue("Retry-After")).contains("1");
                assertThat(append.headers().firstValue("Content-Type")).contains("application/problem+json");
                assertThat(append.body()).contains("\"code\":\"unavailable\"").doesNotContain("SQL");
                assertThat(service.get("/v1/threads/" + id).statusCode()).isEqualTo(503);
            }
            assertThat(service.statusOf("/q/health/ready")).isEqualTo(503);
            assertThat(service.statusOf("/q/health/live")).isEqualTo(200);
            assertThat(askForHealth(service.port())).startsWith("1 not ready: ").contains(" answers 503");
            assertThat(service.get("/q/metrics").body())
                    .as("the last measure of the tables stands")
                    .containsPattern("threadstore_table_bytes\\{part=\"rows\",table=\"thread\"} [1-9]")
                    .containsPattern("threadstore_problems_total\\{code=\"unavailable\",status=\"503\"} 10");
            assertThat(service.output())
                    .as("what is done now and then waits quietly")
                    .doesNotContain("ERROR");

            proxy.mend();

            var deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (append(service, id).statusCode() != 200) {
                assertThat(System.nanoTime()).as("it recovers by itself").isLessThan(deadline);
                TimeUnit.MILLISECONDS.sleep(100);
            }
            assertThat(service.statusOf("/q/health/ready")).isEqualTo(200);
            assertThat(askForHealth(service.port()))
                    .isEqualTo("0 ready: http://127.0.0.1:" + service.port() + "/q/health/ready answers 200");
        }
    }

    private static void awaitMeasureOfTables(ServiceProcess service) throws Exception {
        var deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!service.get("/q/metrics").body().contains("threadstore_table_bytes{part=\"rows\",table=\"thread\"}")) {
            assertThat(System.nanoTime()).as("tables are measured").isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }

    @Test
    void withoutAServiceItIsNotHealthy() throws Exception {
        int port;
        try (var nobody = new ServerSocket(0)) {
            port = nobody.getLocalPort();
        }
        assertThat(askForHealth(port)).startsWith("1 not ready: http://127.0.0.1:" + port + "/q/health/ready: ");
    }

    /** The exit code and the line that the executable says. */
    private static String askForHealth(int port) throws Exception {
        var command = new ArrayList<>(PackagedService.command("-Dquarkus.http.port=" + port));
        command.add("--health");
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor() + " " + said.strip();
    }

    private static java.net.http.HttpResponse<String> append(ServiceProcess service, UUID id) throws Exception {
        return service.post(
                "/v1/threads/" + id + "/items", "{\"items\":[" + Items.userMessage("x") + "],\"expected_ordinal\":1}");
    }
}
