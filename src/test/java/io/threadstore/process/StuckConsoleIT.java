package io.threadstore.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.threadstore.testsupport.Items;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A console that takes nothing: the pipe of standard output is full, because it is not read. */
class StuckConsoleIT {

    private static final String UNKNOWN_THREAD = "/v1/threads/00000000-0000-4000-8000-000000000000";

    @Test
    void service_whoseConsoleIsStuck_answersAsBefore() throws Exception {
        try (var service = ServiceProcess.onUnreadPipe(
                ServiceProcessIT.DIRECTORY,
                "-Dquarkus.log.category.\"io.threadstore.audit\".level=INFO",
                "-Dquarkus.http.access-log.enabled=true")) {
            var created = service.post("/v1/threads", "{\"source\":{\"kind\":\"cli\"}}");
            assertThat(created.statusCode()).isEqualTo(201);
            var items =
                    "/v1/threads/" + created.body().replaceAll("(?s).*\"thread_id\":\"([^\"]+)\".*", "$1") + "/items";

            // 25,000 audit lines of more than 250 bytes, and as many of the access log
            var failed = refusals(service, 25_000);

            assertThat(failed).isZero();
            var began = System.nanoTime();
            assertThat(service.statusOf("/q/health/live")).isEqualTo(200);
            assertThat(service.statusOf("/q/health/ready")).isEqualTo(200);
            for (var i = 0; i < 50; i++) {
                assertThat(service.post(items, "{\"items\":[" + Items.agentMessage("said") + "]}")
                                .statusCode())
                        .isEqualTo(200);
            }
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
            var dropped = dropped(service);
            assertThat(dropped).isPositive();

            // the pipe is read again: what waited comes out, and then there is room for new lines
            var read = new ByteArrayOutputStream();
            var reader = read(service, read);
            var deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
            while (!read.toString(StandardCharsets.UTF_8).contains("\"operation\":\"appendItems\"")) {
                assertThat(System.nanoTime()).as("an audit line of an append").isLessThan(deadline);
                assertThat(service.post(items, "{\"items\":[" + Items.agentMessage("said") + "]}")
                                .statusCode())
                        .isEqualTo(200);
                TimeUnit.MILLISECONDS.sleep(50);
            }

            service.askToEnd();
            assertThat(service.awaitEnd()).isEqualTo(143);
            reader.join();
        }
    }

    @Test
    void service_whoseConsoleIsStuck_endsWhenAsked() throws Exception {
        try (var service = ServiceProcess.onUnreadPipe(
                ServiceProcessIT.DIRECTORY, "-Dquarkus.log.category.\"io.threadstore.audit\".level=INFO")) {
            assertThat(refusals(service, 2_000)).isZero();

            service.askToEnd();

            assertThat(service.awaitEnd()).isEqualTo(143);
        }
    }

    /** Reads of a thread that there is not, each of which is on record; how many were not answered 404. */
    private static long refusals(ServiceProcess service, int count) throws InterruptedException {
        var places = new Semaphore(64);
        var failed = new AtomicLong();
        var request = HttpRequest.newBuilder(service.uri(UNKNOWN_THREAD))
                .timeout(Duration.ofSeconds(20))
                .build();
        var all = IntStream.range(0, count)
                .mapToObj(i -> {
                    places.acquireUninterruptibly();
                    return service.client()
                            .sendAsync(request, HttpResponse.BodyHandlers.discarding())
                            .handle((answer, failure) -> {
                                places.release();
                                if (failure != null || answer.statusCode() != 404) {
                                    failed.incrementAndGet();
                                }
                                return null;
                            });
                })
                .toArray(CompletableFuture[]::new);
        CompletableFuture.allOf(all).join();
        return failed.get();
    }

    private static double dropped(ServiceProcess service) throws Exception {
        return service.get("/q/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith("threadstore_audit_dropped_total"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    private static Thread read(ServiceProcess service, ByteArrayOutputStream into) {
        var reader = new Thread(() -> {
            try (var out = service.standardOutput()) {
                out.transferTo(into);
            } catch (java.io.IOException e) {
                // it has ended
            }
        });
        reader.start();
        return reader;
    }
}
