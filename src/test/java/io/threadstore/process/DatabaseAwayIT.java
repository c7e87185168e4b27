package io.threadstore.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.threadstore.platform.PrivateDatabase;
import io.threadstore.platform.embedded.EmbeddedMariaDb;
import io.threadstore.testsupport.Items;
import io.threadstore.testsupport.TestDatabase;
import java.net.URI;
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
                        "THREADSTORE_DB_URL", "jdbc:mariadb://127.0.0.1:" + proxy.port() + server.getPath(),
                        "THREADSTORE_DB_USERNAME", username,
                        "THREADSTORE_DB_PASSWORD", password))) {
            service.awaitReady();
            assertThat(service.post("/v1/threads", "{\"thread_id\":\"" + id + "\",\"source\":{\"kind\":\"cli\"}}")
                            .statusCode())
                    .isEqualTo(201);

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

            proxy.mend();

            var deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (append(service, id).statusCode() != 200) {
                assertThat(System.nanoTime()).as("it recovers by itself").isLessThan(deadline);
                TimeUnit.MILLISECONDS.sleep(100);
            }
            assertThat(service.statusOf("/q/health/ready")).isEqualTo(200);
        }
    }

    private static java.net.http.HttpResponse<String> append(ServiceProcess service, UUID id) throws Exception {
        return service.post(
                "/v1/threads/" + id + "/items", "{\"items\":[" + Items.userMessage("x") + "],\"expected_ordinal\":1}");
    }
}
