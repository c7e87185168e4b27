package io.threadstore.platform;

import static io.threadstore.testsupport.Rest.aThread;
import static io.threadstore.testsupport.Rest.append;
import static io.threadstore.testsupport.Rest.appendAt;
import static io.threadstore.testsupport.Rest.get;
import static io.threadstore.testsupport.Rest.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.threadstore.codex.proto.CreateThreadRequest;
import io.threadstore.codex.proto.ListThreadsRequest;
import io.threadstore.codex.proto.SessionSource;
import io.threadstore.codex.proto.SessionSourceKind;
import io.threadstore.codex.proto.ThreadStoreGrpc;
import io.threadstore.testsupport.Items;
import io.threadstore.testsupport.Metrics;
import io.threadstore.testsupport.TestDatabase;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What operators are shown. Other tests of the same run share the counters, so that only increases are looked at. */
@QuarkusTest
@WithTestResource(TestDatabase.class)
class MetricsTest {

    private static final List<String> BUCKETS = List.of(
            "+Inf", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.0", "10.0", "2.5", "30.0", "5.0");

    @Inject
    DatabaseMetrics database;

    @TestHTTPResource
    URI service;

    @Test
    void anAppendIsTimedAndItsItemsAndBytesAreCounted() {
        var id = aThread();
        var before = Metrics.scrape();
        var item = Items.userMessage("one");
        append(id, item, item).then().statusCode(200);
        var after = Metrics.scrape();

        assertThat(increase(before, after, "threadstore_append_seconds_count")).isEqualTo(1);
        assertThat(increase(before, after, "threadstore_append_seconds_bucket", "le", "+Inf"))
                .isEqualTo(1);
        assertThat(increase(before, after, "threadstore_append_seconds_sum")).isPositive();
        assertThat(increase(before, after, "threadstore_appends_total")).isEqualTo(1);
        assertThat(increase(before, after, "threadstore_items_total")).isEqualTo(2);
        assertThat(increase(before, after, "threadstore_item_bytes_total")).isEqualTo(2.0 * item.length());
    }

    @Test
    void aReplayIsNoAppend() {
        var id = aThread();
        appendAt(id, 1, Items.userMessage("one")).then().statusCode(200);
        var before = Metrics.scrape();
        appendAt(id, 1, Items.userMessage("one")).then().statusCode(200);
        var after = Metrics.scrape();

        assertThat(increase(before, after, "threadstore_append_seconds_count")).isZero();
        assertThat(increase(before, after, "threadstore_appends_total")).isZero();
    }

    @Test
    void latencyHasAFewFixedBuckets() {
        var id = aThread();
        append(id, Items.userMessage("one"));
        get(id);
        call(store -> store.listThreads(ListThreadsRequest.getDefaultInstance()));
        var metrics = Metrics.scrape();

        for (var timer : List.of("threadstore_append", "http_server_requests", "grpc_server_processing_duration")) {
            assertThat(metrics.values(timer + "_seconds_bucket", "le"))
                    .as(timer)
                    .containsExactlyElementsOf(BUCKETS);
        }
        assertThat(metrics.sum(
                        "http_server_requests_seconds_bucket", "uri", "/v1/threads/{thread_id}", "method", "GET"))
                .isPositive();
    }

    @Test
    void problemsAreCountedByCode() {
        var before = Metrics.scrape();
        get(UUID.randomUUID()).then().statusCode(404);
        request().get("/v1/nowhere").then().statusCode(404);
        request().get("/v1/threads?limit=none").then().statusCode(400);
        var after = Metrics.scrape();

        assertThat(increase(before, after, "threadstore_problems_total", "code", "thread_not_found", "status", "404"))
                .isEqualTo(1);
        assertThat(increase(before, after, "threadstore_problems_total", "code", "not_found", "status", "404"))
                .isEqualTo(1);
        assertThat(increase(before, after, "threadstore_problems_total", "code", "invalid_request", "status", "400"))
                .isEqualTo(1);
        assertThat(increase(before, after, "threadstore_problems_total")).isEqualTo(3);
    }

    @Test
    void conflictsAreCountedWhicheverWayTheyCame() {
        var id = aThread();
        var before = Metrics.scrape();
        appendAt(id, 7, Items.userMessage("one")).then().statusCode(409);
        var create = CreateThreadRequest.newBuilder()
                .setThreadId(id.toString())
                .setSource(SessionSource.newBuilder().setKind(SessionSourceKind.SESSION_SOURCE_KIND_CLI))
                .build();
        assertThatThrownBy(() -> call(store -> store.createThread(create)))
                .isInstanceOf(StatusRuntimeException.class)
                .hasMessageStartingWith("ALREADY_EXISTS");
        var after = Metrics.scrape();

        assertThat(increase(before, after, "threadstore_conflicts_total", "code", "ordinal_conflict"))
                .isEqualTo(1);
        assertThat(increase(before, after, "threadstore_conflicts_total")).isEqualTo(2);
        assertThat(increase(
                        before,
                        after,
                        "grpc_server_processing_duration_seconds_count",
                        "method",
                        "CreateThread",
                        "statusCode",
                        "ALREADY_EXISTS"))
                .isEqualTo(1);
    }

    @Test
    void tablesAndThePoolAreMeasured() {
        aThread();
        database.measure();
        var metrics = Metrics.scrape();

        assertThat(metrics.values("threadstore_table_rows", "table"))
                .contains("thread", "rollout_item", "metadata_patch", "live_writer", "idempotency_key");
        assertThat(metrics.values("threadstore_table_bytes", "part")).containsExactly("indexes", "rows");
        assertThat(metrics.sum("threadstore_table_bytes", "table", "rollout_item"))
                .isPositive();
        assertThat(metrics.sum("threadstore_table_bytes", "table", "thread", "part", "indexes"))
                .isPositive();
        assertThat(metrics.sum("threadstore_database_connections_limit")).isEqualTo(20);
    }

    /** So that nobody can make as many series as they like: a label more has to be thought about here. */
    @Test
    void labelsAreTheKnownOnes() {
        append(aThread(), Items.userMessage("one"));
        database.measure();
        call(store -> store.listThreads(ListThreadsRequest.getDefaultInstance()));
        var metrics = Metrics.scrape();

        assertThat(metrics.labelNames("threadstore_"))
                .containsExactlyInAnyOrder("code", "le", "limit", "part", "reason", "status", "table");
        assertThat(metrics.labelNames("http_server_requests_"))
                .containsExactlyInAnyOrder("le", "method", "outcome", "status", "uri");
        assertThat(metrics.labelNames("grpc_server_"))
                .containsExactlyInAnyOrder("le", "method", "methodType", "service", "statusCode");
    }

    /** Whoever calls a method that is not there adds no label. */
    @Test
    void aMethodThatIsNotThereIsNoLabel() {
        var secret = "M" + UUID.randomUUID();
        request()
                .contentType("application/grpc")
                .body(new byte[5])
                .post("/codex.thread_store.v1.ThreadStore/" + secret);
        assertThat(Metrics.scrape().values("grpc_server_processing_duration_seconds_count", "method"))
                .doesNotContain(secret);
    }

    @Test
    void theDocumentListsTheMetricsThatThereAre() throws IOException {
        append(aThread(), Items.userMessage("one"));
        database.measure();
        var metrics = Metrics.scrape();
        var listed = Pattern.compile("^\\| `(threadstore_[a-z_]+)[`{]", Pattern.MULTILINE)
                .matcher(Files.readString(Path.of("docs", "observability.md")))
                .results()
                .map((MatchResult name) -> name.group(1))
                .toList();

        assertThat(metrics.families().stream()
                        .filter(name -> name.startsWith("threadstore_"))
                        .filter(name -> !name.endsWith("_seconds_max")) // Micrometer's addition to each histogram
                        .toList())
                .containsExactlyInAnyOrderElementsOf(listed);
    }

    private static double increase(Metrics before, Metrics after, String name, String... labels) {
        return after.sum(name, labels) - before.sum(name, labels);
    }

    private void call(Consumer<ThreadStoreGrpc.ThreadStoreBlockingStub> call) {
        var channel = NettyChannelBuilder.forAddress(service.getHost(), service.getPort())
                .usePlaintext()
                .build();
        try {
            call.accept(ThreadStoreGrpc.newBlockingStub(channel));
        } finally {
            channel.shutdownNow();
        }
    }
}
