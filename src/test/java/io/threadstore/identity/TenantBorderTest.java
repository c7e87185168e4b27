package io.threadstore.identity;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.specification.RequestSpecification;
import io.threadstore.codex.proto.AppendThreadItemsRequest;
import io.threadstore.codex.proto.ArchiveThreadRequest;
import io.threadstore.codex.proto.CreateThreadRequest;
import io.threadstore.codex.proto.ListThreadsRequest;
import io.threadstore.codex.proto.LoadThreadHistoryRequest;
import io.threadstore.codex.proto.ReadThreadRequest;
import io.threadstore.codex.proto.ResumeThreadRequest;
import io.threadstore.codex.proto.ThreadIdRequest;
import io.threadstore.codex.proto.ThreadMetadataPatch;
import io.threadstore.codex.proto.ThreadStoreGrpc;
import io.threadstore.codex.proto.ThreadStoreGrpc.ThreadStoreBlockingStub;
import io.threadstore.codex.proto.UpdateThreadMetadataRequest;
import io.threadstore.testsupport.AuditLines;
import io.threadstore.testsupport.Items;
import io.threadstore.testsupport.TestDatabase;
import io.threadstore.testsupport.TestIssuer;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Every operation of the API, tried by one tenant on a thread of another. */
@QuarkusTest
@WithTestResource(TestDatabase.class)
@WithTestResource(TestIssuer.class)
class TenantBorderTest {

    private static final String[] ALL = {"threads:read", "threads:write", "threads:delete"};
    private static final String THREAD_PATH = "/v1/threads/{thread_id}";

    /** Makes a thread of the caller's own, in which the same id may be used: there is nothing to be found. */
    private static final Set<String> OWN = Set.of("importRollout");

    @TestHTTPResource
    URI service;

    final UUID id = UUID.randomUUID();
    final String owner = "owner-" + UUID.randomUUID();
    final String other = "other-" + UUID.randomUUID();
    private final AuditLines audit = new AuditLines();
    private String before;

    @AfterEach
    void listenNoMore() {
        audit.close();
    }

    @BeforeEach
    void ownersThread() {
        as(owner)
                .contentType("application/json")
                .body("{\"thread_id\":\"" + id + "\",\"source\":{\"kind\":\"cli\"},\"cwd\":\"/secret\"}")
                .post("/v1/threads")
                .then()
                .statusCode(201);
        as(owner)
                .contentType("application/json")
                .body("{\"items\":[" + Items.userMessage("a secret") + "]}")
                .post("/v1/threads/" + id + "/items")
                .then()
                .statusCode(200);
        before = owned();
    }

    @Test
    void everyOperationOnAnothersThreadAnswersThatThereIsNone() throws IOException {
        var tried = new ArrayList<String>();
        audit.clear();
        for (var operation : operations()) {
            if (!operation.path().startsWith(THREAD_PATH) || OWN.contains(operation.id())) {
                continue;
            }
            var request = as(other);
            if (operation.body() != null) {
                request.contentType(operation.contentType()).body(operation.body());
            }
            request.request(operation.method(), operation.path().replace("{thread_id}", id.toString()))
                    .then()
                    .statusCode(404)
                    .body("code", equalTo("thread_not_found"));
            tried.add(operation.id());
        }
        assertThat(tried)
                .contains("getThread", "appendItems", "exportRollout", "deleteThread")
                .hasSizeGreaterThan(14);
        assertThat(owned()).isEqualTo(before);
    }

    @Test
    void linesAsWellAsDocuments() {
        as(other)
                .contentType("application/x-ndjson")
                .body((Items.userMessage("x") + "\n").getBytes(StandardCharsets.UTF_8))
                .post("/v1/threads/" + id + "/items")
                .then()
                .statusCode(404);
        as(other)
                .accept("application/x-ndjson")
                .get("/v1/threads/" + id + "/history")
                .then()
                .statusCode(404);
    }

    @Test
    void sameIdempotencyKeyOfAnotherTenantIsAnotherKey() {
        var key = UUID.randomUUID().toString();
        var made = List.of(owner, other).stream()
                .map(tenant -> as(tenant)
                        .contentType("application/json")
                        .header("Idempotency-Key", key)
                        .body("{\"source\":{\"kind\":\"cli\"}}")
                        .post("/v1/threads")
                        .then()
                        .statusCode(201)
                        .extract()
                        .jsonPath()
                        .getString("thread_id"))
                .toList();
        assertThat(made).doesNotHaveDuplicates();
    }

    @Test
    void listsAndTheirCursorsStayInside() {
        as(owner)
                .contentType("application/json")
                .body("{\"source\":{\"kind\":\"cli\"}}")
                .post("/v1/threads")
                .then()
                .statusCode(201);
        var cursor = as(owner).get("/v1/threads?limit=1").jsonPath().getString("next_cursor");
        assertThat(cursor).isNotNull();

        as(other).get("/v1/threads").then().statusCode(200).body("threads", hasSize(0));
        as(other).get("/v1/threads?archived=true").then().body("threads", hasSize(0));
        as(other).get("/v1/threads?search=secret&cwd=/secret").then().body("threads", hasSize(0));
        as(other).get("/v1/threads?limit=1&cursor=" + cursor).then().statusCode(400);
    }

    @Test
    void sameIdMayExistInTwoTenants() {
        as(other)
                .contentType("application/x-ndjson")
                .body((Items.sessionMeta(id) + "\n").getBytes(StandardCharsets.UTF_8))
                .put("/v1/threads/" + id + "/rollout")
                .then()
                .statusCode(201)
                .body("appended", equalTo(1));
        as(other).get("/v1/threads/" + id).then().body("item_count", equalTo(1));
        as(other).delete("/v1/threads/" + id).then().statusCode(204);

        assertThat(owned()).isEqualTo(before);
    }

    @Test
    void codexSeesAsLittle() {
        var thread = ThreadIdRequest.newBuilder().setThreadId(id.toString()).build();
        var archive =
                ArchiveThreadRequest.newBuilder().setThreadId(id.toString()).build();
        var calls = new LinkedHashMap<String, Function<ThreadStoreBlockingStub, Object>>();
        calls.put(
                "resume",
                store -> store.resumeThread(ResumeThreadRequest.newBuilder()
                        .setThreadId(id.toString())
                        .build()));
        calls.put(
                "append",
                store -> store.appendItems(AppendThreadItemsRequest.newBuilder()
                        .setThreadId(id.toString())
                        .addItemsJson(Items.userMessage("x"))
                        .build()));
        calls.put("persist", store -> store.persistThread(thread));
        calls.put("flush", store -> store.flushThread(thread));
        calls.put(
                "load",
                store -> store.loadHistory(LoadThreadHistoryRequest.newBuilder()
                        .setThreadId(id.toString())
                        .setIncludeArchived(true)
                        .build()));
        calls.put(
                "read",
                store -> store.readThread(ReadThreadRequest.newBuilder()
                        .setThreadId(id.toString())
                        .setIncludeHistory(true)
                        .build()));
        calls.put(
                "update",
                store -> store.updateThreadMetadata(UpdateThreadMetadataRequest.newBuilder()
                        .setThreadId(id.toString())
                        .setPatch(ThreadMetadataPatch.newBuilder().setName("x"))
                        .build()));
        calls.put("archive", store -> store.archiveThread(archive));
        calls.put("unarchive", store -> store.unarchiveThread(archive));
        var there = Map.of(
                "read",
                "no rollout found",
                "load",
                "no rollout found",
                "archive",
                "no rollout found",
                "unarchive",
                "no archived");

        audit.clear();
        calls.forEach((name, call) -> assertThatThrownBy(() -> onGrpc(token(other), call::apply))
                .as(name)
                .isInstanceOf(StatusRuntimeException.class)
                .hasMessageContaining(there.getOrDefault(name, "NOT_FOUND: thread " + id + " not found")));
        // to end what is not there is no failure, and ends nothing
        onGrpc(token(other), store -> store.shutdownThread(thread));
        onGrpc(token(other), store -> store.discardThread(thread));
        assertAllRefusedOnRecord(calls.size() + 2);
        assertThat(onGrpc(
                                token(other),
                                store -> store.listThreads(ListThreadsRequest.newBuilder()
                                        .setPageSize(100)
                                        .build()))
                        .getThreadsList())
                .isEmpty();
        assertThat(onGrpc(
                                token(owner),
                                store -> store.listThreads(ListThreadsRequest.newBuilder()
                                        .setPageSize(100)
                                        .build()))
                        .getThreadsList())
                .hasSize(1);
        assertThat(owned()).isEqualTo(before);
    }

    void assertAllRefusedOnRecord(int calls) {
        assertThat(audit.all())
                .allMatch(line -> line.path("outcome").asText().equals("refused"))
                .hasSize(calls);
    }

    @Test
    void codexWithoutATokenIsRefusedWhereTokensAreAskedFor() {
        var create = CreateThreadRequest.newBuilder()
                .setThreadId(UUID.randomUUID().toString())
                .build();
        assertStatus(Status.Code.UNAUTHENTICATED, () -> onGrpc(null, store -> store.createThread(create)));
        assertStatus(Status.Code.UNAUTHENTICATED, () -> onGrpc("x", store -> store.createThread(create)));
        assertStatus(
                Status.Code.PERMISSION_DENIED,
                () -> onGrpc(TestIssuer.token(owner, "threads:read"), store -> store.createThread(create)));
        assertStatus(
                Status.Code.UNAUTHENTICATED,
                () -> onGrpc(token(other), store -> {
                    var another = new Metadata();
                    another.put(
                            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER),
                            "Bearer " + token(owner));
                    return store.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(another))
                            .createThread(create);
                }));
        // an append that would leave no trace, too
        assertStatus(
                Status.Code.UNAUTHENTICATED,
                () -> onGrpc(
                        null,
                        store -> store.appendItems(AppendThreadItemsRequest.newBuilder()
                                .setThreadId(id.toString())
                                .build())));
    }

    private static void assertStatus(Status.Code code, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        refusal -> assertThat(refusal.getStatus().getCode()).isEqualTo(code));
    }

    private <T> T onGrpc(String token, Function<ThreadStoreBlockingStub, T> call) {
        var channel = NettyChannelBuilder.forAddress(service.getHost(), service.getPort())
                .usePlaintext()
                .build();
        try {
            var store = ThreadStoreGrpc.newBlockingStub(channel);
            if (token != null) {
                var headers = new Metadata();
                headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
                store = store.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
            }
            return call.apply(store);
        } finally {
            channel.shutdownNow();
        }
    }

    private static String token(String tenant) {
        return TestIssuer.token(tenant, ALL);
    }

    private static RequestSpecification as(String tenant) {
        return given().header("Authorization", "Bearer " + token(tenant)).urlEncodingEnabled(false);
    }

    private String owned() {
        return as(owner).get("/v1/threads/" + id + "?include_archived=true").asString()
                + as(owner).get("/v1/threads/" + id + "/history").asString()
                + as(owner).get("/v1/threads/" + id + "/writer").asString();
    }

    private record Operation(String id, String method, String path, String contentType, String body) {}

    /** The document's operations, each with a body that it would take. */
    private List<Operation> operations() throws IOException {
        var document = new ObjectMapper()
                .readTree(Path.of("target", "openapi", "openapi.json").toFile());
        var operations = new ArrayList<Operation>();
        document.path("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(method -> {
                    var operation = method.getValue();
                    if (!operation.has("operationId")) {
                        return;
                    }
                    var content = operation.path("requestBody").path("content").properties().stream()
                            .findFirst();
                    operations.add(new Operation(
                            operation.path("operationId").asText(),
                            method.getKey().toUpperCase(java.util.Locale.ROOT),
                            path.getKey(),
                            content.map(Map.Entry::getKey).orElse(null),
                            content.map(Map.Entry::getValue)
                                    .map(TenantBorderTest::example)
                                    .orElse(null)));
                }));
        return operations;
    }

    private static String example(JsonNode content) {
        var example = content.path("example");
        if (example.isMissingNode()) {
            example = content.path("examples").properties().stream()
                    .findFirst()
                    .map(first -> first.getValue().path("value"))
                    .orElseThrow();
        }
        return example.isTextual() ? example.asText() : example.toString();
    }
}
