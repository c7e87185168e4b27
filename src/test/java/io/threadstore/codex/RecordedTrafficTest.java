package io.threadstore.codex;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.util.JsonFormat;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.threadstore.codex.proto.AppendThreadItemsRequest;
import io.threadstore.codex.proto.ArchiveThreadRequest;
import io.threadstore.codex.proto.CreateThreadRequest;
import io.threadstore.codex.proto.ListThreadsRequest;
import io.threadstore.codex.proto.LoadThreadHistoryRequest;
import io.threadstore.codex.proto.ReadThreadRequest;
import io.threadstore.codex.proto.ResumeThreadRequest;
import io.threadstore.codex.proto.ThreadIdRequest;
import io.threadstore.codex.proto.ThreadStoreGrpc;
import io.threadstore.codex.proto.ThreadStoreGrpc.ThreadStoreBlockingStub;
import io.threadstore.codex.proto.UpdateThreadMetadataRequest;
import io.threadstore.testsupport.TestDatabase;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What Codex sent in recorded conversations, call by call and each on a connection of its own. The recordings replace long texts by
 * placeholders, and where a whole item was replaced a short one of its kind stands in.
 */
@QuarkusTest
@WithTestResource(TestDatabase.class)
class RecordedTrafficTest {

    private static final Path SEQUENCES = Path.of("src", "test", "resources", "codex", "sequences");
    private static final Pattern RECORDED_ID =
            Pattern.compile("01a1f[0-9a-f]{3}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}");

    @TestHTTPResource
    URI service;

    private final ObjectMapper mapper = new ObjectMapper();
    private final Map<String, String> freshIds = new HashMap<>();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.125.0-start",
                "0.128.0-main",
                "0.129-discard",
                "0.129-empty",
                "0.129-exec",
                "0.129-extended",
                "0.129-main-limited",
                "0.129-resumetwice",
                "0.129-tui"
            })
    void everyCallIsAnsweredAsItMustBe(String sequence) throws IOException {
        for (var call : calls(sequence)) {
            var expected = expectedStatus(call);
            var status = Status.Code.OK;
            try {
                send(call);
            } catch (StatusRuntimeException e) {
                status = e.getStatus().getCode();
            }
            assertThat(status).as("%s: %s", sequence, call).isEqualTo(expected);
        }
    }

    /** The recording server kept what the persistence policy of 0.129 keeps, and Codex sent it all back when it resumed. */
    @ParameterizedTest
    @ValueSource(strings = {"0.129-main-limited"})
    void historyIsWhatCodexResumedWith(String sequence) throws IOException {
        var compared = 0;
        for (var call : calls(sequence)) {
            if (call.path("rpc").asText().equals("ResumeThread")) {
                var recorded = new ArrayList<String>();
                call.path("historyKinds").forEach(kind -> recorded.add(kind.asText()));
                assertThat(withoutMetas(
                                history(call.path("request").path("threadId").asText())))
                        .isEqualTo(withoutMetas(recorded));
                compared++;
            }
            try {
                send(call);
            } catch (StatusRuntimeException e) {
                // the other test looks at these
            }
        }
        assertThat(compared).isEqualTo(2);
    }

    /** The recording server answered in its own way here and there; ours is that of Codex' local store (Codex notes, 1.4 and 9.4). */
    private static Status.Code expectedStatus(JsonNode call) {
        var recorded = Status.fromCodeValue(call.path("grpcStatus").asInt()).getCode();
        return switch (call.path("rpc").asText()) {
            case "ReadThread" -> recorded == Status.Code.NOT_FOUND ? Status.Code.INVALID_ARGUMENT : recorded;
            // a writer that is still open is taken over
            case "ResumeThread" -> Status.Code.OK;
            // 0.125 appends a last event after the shutdown; the policy drops it
            case "AppendItems" -> Status.Code.OK;
            default -> recorded;
        };
    }

    private List<String> history(String threadId) {
        return on(store -> store
                .loadHistory(LoadThreadHistoryRequest.newBuilder()
                        .setThreadId(threadId)
                        .setIncludeArchived(true)
                        .build())
                .getItemsJsonList()
                .stream()
                .map(this::kind)
                .toList());
    }

    /** As the recordings write it. */
    private String kind(String text) {
        try {
            var item = mapper.readTree(text);
            var type = item.path("type").asText();
            var payload = item.path("payload");
            var subtype = payload.path("type").asText();
            if (subtype.isEmpty()) {
                return type;
            }
            return type + ":" + subtype
                    + (payload.has("role") ? "/" + payload.path("role").asText() : "");
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    /** Patches append metas; the recording server did not. */
    private static List<String> withoutMetas(List<String> kinds) {
        return kinds.stream().filter(kind -> !kind.equals("session_meta")).toList();
    }

    private List<JsonNode> calls(String sequence) throws IOException {
        var recording = mapper.readTree(SEQUENCES.resolve(sequence + ".json").toFile());
        var calls = StreamSupport.stream(recording.spliterator(), false)
                .filter(entry -> entry.has("rpc"))
                .map(this::complete)
                .toList();
        assertThat(calls).isNotEmpty();
        return calls;
    }

    private JsonNode complete(JsonNode call) {
        var request = (ObjectNode) call.path("request");
        if (request.path("baseInstructionsJson").asText().startsWith("(")) {
            request.put("baseInstructionsJson", "{\"text\":\"be kind\"}");
        }
        standIn(request, "itemsJson", call.path("itemKinds"));
        standIn(request, "historyJson", call.path("historyKinds"));
        var text = RECORDED_ID
                .matcher(call.toString())
                .replaceAll(id -> freshIds.computeIfAbsent(
                        id.group(), any -> UUID.randomUUID().toString()));
        try {
            return mapper.readTree(text);
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    private void standIn(ObjectNode request, String field, JsonNode kinds) {
        if (!request.has(field)) {
            return;
        }
        var items = request.putArray(field + "Complete");
        for (var i = 0; i < kinds.size(); i++) {
            var recorded = request.path(field).path(i).asText();
            items.add(isJson(recorded) ? recorded : itemOf(kinds.path(i).asText()));
        }
        request.set(field, items);
        request.remove(field + "Complete");
    }

    private boolean isJson(String text) {
        try {
            return mapper.readTree(text).isObject();
        } catch (JsonProcessingException e) {
            return false;
        }
    }

    private String itemOf(String kind) {
        var parts = kind.split("[:/(]");
        var item = mapper.createObjectNode().put("type", parts[0]);
        var payload = item.putObject("payload");
        if (parts.length > 1) {
            payload.put("type", parts[1]);
        }
        if (kind.equals("compacted")) {
            payload.put("message", "(a long text)");
        }
        if (kind.startsWith("response_item:message")) {
            ArrayNode content = payload.put("role", parts[2]).putArray("content");
            content.addObject().put("type", "input_text").put("text", "(a long text)");
        }
        return item.toString();
    }

    private void send(JsonNode call) {
        var request = call.path("request");
        on(store -> switch (call.path("rpc").asText()) {
            case "CreateThread" ->
                store.createThread(
                        read(request, CreateThreadRequest.newBuilder()).build());
            case "ResumeThread" ->
                store.resumeThread(
                        read(request, ResumeThreadRequest.newBuilder()).build());
            case "AppendItems" ->
                store.appendItems(
                        read(request, AppendThreadItemsRequest.newBuilder()).build());
            case "PersistThread" ->
                store.persistThread(read(request, ThreadIdRequest.newBuilder()).build());
            case "FlushThread" ->
                store.flushThread(read(request, ThreadIdRequest.newBuilder()).build());
            case "ShutdownThread" ->
                store.shutdownThread(read(request, ThreadIdRequest.newBuilder()).build());
            case "DiscardThread" ->
                store.discardThread(read(request, ThreadIdRequest.newBuilder()).build());
            case "LoadHistory" ->
                store.loadHistory(
                        read(request, LoadThreadHistoryRequest.newBuilder()).build());
            case "ReadThread" ->
                store.readThread(read(request, ReadThreadRequest.newBuilder()).build());
            case "ListThreads" ->
                store.listThreads(read(request, ListThreadsRequest.newBuilder()).build());
            case "UpdateThreadMetadata" ->
                store.updateThreadMetadata(
                        read(request, UpdateThreadMetadataRequest.newBuilder()).build());
            case "ArchiveThread" ->
                store.archiveThread(
                        read(request, ArchiveThreadRequest.newBuilder()).build());
            case "UnarchiveThread" ->
                store.unarchiveThread(
                        read(request, ArchiveThreadRequest.newBuilder()).build());
            default -> throw new AssertionError("unknown: " + call);
        });
    }

    private static <B extends com.google.protobuf.Message.Builder> B read(JsonNode request, B builder) {
        try {
            JsonFormat.parser().merge(request.toString(), builder);
            return builder;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private <T> T on(java.util.function.Function<ThreadStoreBlockingStub, T> call) {
        var channel = NettyChannelBuilder.forAddress(service.getHost(), service.getPort())
                .usePlaintext()
                .build();
        try {
            return call.apply(ThreadStoreGrpc.newBlockingStub((Channel) channel));
        } finally {
            channel.shutdownNow();
        }
    }
}
