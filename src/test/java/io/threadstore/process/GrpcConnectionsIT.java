package io.threadstore.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.netty.NettyChannelBuilder;
import io.threadstore.codex.proto.AppendThreadItemsRequest;
import io.threadstore.codex.proto.CreateThreadRequest;
import io.threadstore.codex.proto.ThreadIdRequest;
import io.threadstore.codex.proto.ThreadStoreGrpc;
import io.threadstore.codex.proto.ThreadStoreGrpc.ThreadStoreBlockingStub;
import io.threadstore.testsupport.Items;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Codex makes a connection for every call: thousands of them must leave nothing behind, not in memory and not in the log. */
class GrpcConnectionsIT {

    private static final int CLIENTS = 4;
    private static final int CALLS = 500;

    @Test
    void connectionPerCallLeavesNothingBehind() throws Exception {
        try (var service = ServiceProcess.onDirectory(
                Path.of("target", "process-database"), "-Dthreadstore.limits.grpc-message=1000000")) {
            talk(service, 50);
            var filesBefore = service.openFiles();
            var loggedBefore = service.output();

            var clients = Executors.newFixedThreadPool(CLIENTS);
            var done = new ArrayList<Future<?>>();
            for (var client = 0; client < CLIENTS; client++) {
                done.add(clients.submit(() -> talk(service, CALLS)));
            }
            for (var client : done) {
                client.get(5, TimeUnit.MINUTES);
            }
            clients.shutdown();

            awaitFewFiles(service, filesBefore + CLIENTS);
            assertThat(service.output()).isEqualTo(loggedBefore);
            assertThatThrownBy(() -> call(
                            service,
                            store -> store.appendItems(append(UUID.randomUUID().toString(), "x".repeat(1_000_000)))))
                    .hasMessageContaining("RESOURCE_EXHAUSTED");
        }
    }

    private static void talk(ServiceProcess service, int calls) {
        var id = UUID.randomUUID().toString();
        call(
                service,
                store -> store.createThread(
                        CreateThreadRequest.newBuilder().setThreadId(id).build()));
        call(
                service,
                store -> store.persistThread(
                        ThreadIdRequest.newBuilder().setThreadId(id).build()));
        for (var number = 0; number < calls; number++) {
            call(service, store -> store.appendItems(append(id, "x")));
        }
    }

    private static AppendThreadItemsRequest append(String id, String text) {
        return AppendThreadItemsRequest.newBuilder()
                .setThreadId(id)
                .addItemsJson(Items.agentMessage(text))
                .build();
    }

    private static void call(ServiceProcess service, Consumer<ThreadStoreBlockingStub> call) {
        var channel = NettyChannelBuilder.forAddress("127.0.0.1", service.port())
                .usePlaintext()
                .build();
        try {
            call.accept(ThreadStoreGrpc.newBlockingStub(channel));
        } finally {
            channel.shutdownNow();
        }
    }

    private static void awaitFewFiles(ServiceProcess service, long atMost) throws Exception {
        var deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (service.openFiles() > atMost) {
            assertThat(System.nanoTime())
                    .as("open files: %d", service.openFiles())
                    .isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }
}
