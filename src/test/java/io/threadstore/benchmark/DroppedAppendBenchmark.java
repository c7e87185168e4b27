package io.threadstore.benchmark;

import static java.nio.charset.StandardCharsets.UTF_8;

import grpc.health.v1.HealthGrpc;
import grpc.health.v1.HealthOuterClass.HealthCheckRequest;
import grpc.health.v1.HealthOuterClass.HealthCheckResponse.ServingStatus;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.threadstore.codex.proto.AppendThreadItemsRequest;
import io.threadstore.codex.proto.ThreadStoreGrpc;
import java.sql.SQLException;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * Appends whose items the policy drops, which are more than half of what Codex sends: over gRPC beside an RPC that does nothing (that of
 * its health service), over REST beside an endpoint that does one select by primary key.
 */
class DroppedAppendBenchmark {

    private static final int[] CONCURRENCY = {1, 16};

    @Test
    void besideDoingNothing() throws Exception {
        try (var stage = Stage.set(Report.JVM)) {
            var thread = ServiceAppender.newThread(stage);
            var key = key(stage, thread);
            var body = ("{\"items\":[" + Texts.dropped() + "]}").getBytes(UTF_8);
            HttpLoad.Clients appender = number -> () -> HttpLoad.request(
                    "POST", "/v1/threads/" + thread + "/items", "Content-Type: application/json\r\n", body);
            HttpLoad.Clients selecter =
                    number -> () -> HttpLoad.request("GET", "/reference/threads/" + key, "", new byte[0]);
            BlockingLoad.Clients dropper = number -> new Dropper(stage, thread);
            BlockingLoad.Clients checker = number -> new Checker(stage);
            HttpLoad.run(stage, 16, appender, Report.FIRST_WARM_UP / 4, 1);
            HttpLoad.run(stage, 16, selecter, Report.FIRST_WARM_UP / 4, 1);
            BlockingLoad.run(stage, 16, dropper, Report.FIRST_WARM_UP / 4, 1);
            BlockingLoad.run(stage, 16, checker, Report.FIRST_WARM_UP / 4, 1);

            var overGrpc = new Report("dropped appends over gRPC", "an RPC that does nothing");
            for (var clients : CONCURRENCY) {
                overGrpc.compare(
                        "over gRPC, clients: " + clients,
                        () -> BlockingLoad.run(stage, clients, dropper, Report.WARM_UP, Report.SECONDS),
                        () -> BlockingLoad.run(stage, clients, checker, Report.WARM_UP, Report.SECONDS));
            }
            overGrpc.write();
            var overRest = new Report("dropped appends over REST", "one select by primary key");
            for (var clients : CONCURRENCY) {
                overRest.compare(
                        "over REST, clients: " + clients,
                        () -> HttpLoad.run(stage, clients, appender, Report.WARM_UP, Report.SECONDS),
                        () -> HttpLoad.run(stage, clients, selecter, Report.WARM_UP, Report.SECONDS));
            }
            overRest.write();
        }
    }

    private static long key(Stage stage, UUID thread) throws SQLException {
        try (var connection = stage.connect();
                var select = connection.prepareStatement("SELECT thread_key FROM thread WHERE thread_id = ?")) {
            select.setString(1, thread.toString());
            try (var row = select.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    private static ManagedChannel channel(Stage stage) {
        return ManagedChannelBuilder.forAddress("127.0.0.1", stage.port())
                .usePlaintext()
                .directExecutor()
                .build();
    }

    private static final class Dropper implements BlockingLoad.Client {

        private final ManagedChannel channel;
        private final ThreadStoreGrpc.ThreadStoreBlockingStub stub;
        private final AppendThreadItemsRequest request;

        Dropper(Stage stage, UUID thread) {
            channel = channel(stage);
            stub = ThreadStoreGrpc.newBlockingStub(channel);
            request = AppendThreadItemsRequest.newBuilder()
                    .setThreadId(thread.toString())
                    .addItemsJson(Texts.dropped())
                    .build();
        }

        @Override
        public void doOnce() {
            stub.appendItems(request);
        }

        @Override
        public void close() {
            channel.shutdownNow();
        }
    }

    private static final class Checker implements BlockingLoad.Client {

        private final ManagedChannel channel;
        private final HealthGrpc.HealthBlockingStub stub;

        Checker(Stage stage) {
            channel = channel(stage);
            stub = HealthGrpc.newBlockingStub(channel);
        }

        @Override
        public void doOnce() {
            if (stub.check(HealthCheckRequest.getDefaultInstance()).getStatus() != ServingStatus.SERVING) {
                throw new AssertionError("not serving");
            }
        }

        @Override
        public void close() {
            channel.shutdownNow();
        }
    }
}
