package io.threadstore.realcodex;

import com.google.protobuf.Message;
import io.grpc.netty.NettyChannelBuilder;
import io.threadstore.codex.proto.AppendThreadItemsRequest;
import io.threadstore.codex.proto.CreateThreadRequest;
import io.threadstore.codex.proto.ThreadIdRequest;
import io.threadstore.codex.proto.ThreadStoreGrpc;
import io.threadstore.codex.proto.ThreadStoreGrpc.ThreadStoreBlockingStub;
import io.threadstore.process.ServiceProcess;
import io.threadstore.testsupport.Items;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * How long a turn of a real Codex takes on Threadstore, beside the same turn on Codex' own local store: by turns, in one run. And how
 * long a call takes, each on a connection of its own as Codex makes them. Not a test: it prints and judges nothing.
 *
 * <pre>./mvnw verify -Dtest=CursorTest -Dsurefire.failIfNoSpecifiedTests=false -Dit.test=CodexTurnBenchmark</pre>
 */
class CodexTurnBenchmark {

    private static final int WARM_UP = 15;
    private static final int TURNS = 60;
    private static final int CALLS = 2000;
    /** A fresh JVM spends its first twenty thousand calls compiling. */
    private static final int WARM_UP_CALLS = 20_000;

    @TempDir
    Path directory;

    @Test
    void compare() throws Exception {
        var codex = CodexBinary.of("0.129.0");
        try (var service = ServiceProcess.onDirectory(Path.of("target", "codex-database"));
                var model = new ScriptedModel()) {
            calls(service.port());
            var remote = CodexHome.remote(directory.resolve("remote"), model, "http://127.0.0.1:" + service.port());
            var local = CodexHome.local(directory.resolve("local"), model);
            try (var onService = AppServer.start(codex, remote);
                    var onFiles = AppServer.start(codex, local)) {
                for (var text : List.of("hello", "words 40", "tool")) {
                    turns(text, onService, remote, onFiles, local);
                }
            }
        }
    }

    private static void turns(String text, AppServer onService, CodexHome remote, AppServer onFiles, CodexHome local) {
        var threads = Map.of(onService, start(onService, remote), onFiles, start(onFiles, local));
        var nanos = Map.of(onService, new ArrayList<Long>(), onFiles, new ArrayList<Long>());
        for (var turn = 0; turn < WARM_UP + TURNS; turn++) {
            for (var app : List.of(onService, onFiles)) {
                var begin = System.nanoTime();
                app.turn(threads.get(app), text);
                if (turn >= WARM_UP) {
                    nanos.get(app).add(System.nanoTime() - begin);
                }
            }
        }
        var ours = millis(nanos.get(onService), 50);
        var theirs = millis(nanos.get(onFiles), 50);
        System.out.printf(
                Locale.ROOT,
                "turn %-10s  threadstore p50 %6.1f ms p95 %6.1f ms   local store p50 %6.1f ms p95 %6.1f ms   ratio %.2f%n",
                '"' + text + '"',
                ours,
                millis(nanos.get(onService), 95),
                theirs,
                millis(nanos.get(onFiles), 95),
                ours / theirs);
    }

    private static String start(AppServer app, CodexHome home) {
        return app.threadOf("thread/start", Map.of("cwd", home.workDirectory().toString()));
    }

    private static void calls(int port) {
        var id = UUID.randomUUID().toString();
        var thread = ThreadIdRequest.newBuilder().setThreadId(id).build();
        time(
                port,
                1,
                store -> store.createThread(
                        CreateThreadRequest.newBuilder().setThreadId(id).build()));
        time(port, 1, store -> store.persistThread(thread));
        report(
                "AppendItems, kept",
                time(port, CALLS, store -> store.appendItems(append(id, Items.agentMessage("hello")))));
        report(
                "AppendItems, dropped",
                time(
                        port,
                        CALLS,
                        store -> store.appendItems(
                                append(id, Items.event("agent_message_content_delta", "\"delta\":\"x\"")))));
        report("PersistThread", time(port, CALLS, store -> store.persistThread(thread)));
        report("FlushThread", time(port, CALLS, store -> store.flushThread(thread)));
    }

    private static AppendThreadItemsRequest append(String id, String item) {
        return AppendThreadItemsRequest.newBuilder()
                .setThreadId(id)
                .addItemsJson(item)
                .build();
    }

    private static List<Long> time(int port, int count, Function<ThreadStoreBlockingStub, Message> call) {
        var nanos = new ArrayList<Long>();
        for (var i = 0; i < count; i++) {
            var begin = System.nanoTime();
            var channel = NettyChannelBuilder.forAddress("127.0.0.1", port)
                    .usePlaintext()
                    .build();
            call.apply(ThreadStoreGrpc.newBlockingStub(channel));
            nanos.add(System.nanoTime() - begin);
            channel.shutdownNow();
        }
        return nanos;
    }

    private static void report(String what, List<Long> nanos) {
        var measured = nanos.subList(nanos.size() / 2, nanos.size());
        System.out.printf(
                Locale.ROOT,
                "call %-20s  p50 %.2f ms  p99 %.2f ms, connection included%n",
                what,
                millis(measured, 50),
                millis(measured, 99));
    }

    private static double millis(List<Long> nanos, int percentile) {
        return nanos.stream()
                        .sorted()
                        .skip((nanos.size() - 1L) * percentile / 100)
                        .findFirst()
                        .orElseThrow()
                / 1e6;
    }
}
