package io.threadstore.rest;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.threadstore.testsupport.TestDatabase;
import java.net.Socket;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

@QuarkusTest
class DisconnectTest extends RestTest {

    /** Far below the limit of a query. */
    private static final Duration SOON = Duration.ofSeconds(2);

    @TestHTTPResource("/")
    URL service;

    @Test
    void searchOfAClientThatDisconnects_isEndedByTheDatabase() throws Exception {
        var term = UUID.randomUUID().toString();
        try (var connection = TestDatabase.connect();
                var statement = connection.createStatement()) {
            // the search waits for the table, as it would work on a large one
            statement.execute("LOCK TABLES thread WRITE");
            try (var client = new Socket(service.getHost(), service.getPort())) {
                client.getOutputStream()
                        .write(("GET /v1/threads?search=" + term + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
                await(1, Duration.ofSeconds(10));
            }

            await(0, SOON);
            statement.execute("UNLOCK TABLES");
        }
    }

    private static void await(int count, Duration atMost) throws Exception {
        var deadline = System.nanoTime() + atMost.toNanos();
        while (waiting() != count) {
            assertThat(System.nanoTime()).as("waiting for %d statements", count).isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    private static long waiting() throws Exception {
        return TestDatabase.number(
                "SELECT COUNT(*) FROM information_schema.processlist WHERE state = 'Waiting for table metadata lock'");
    }
}
