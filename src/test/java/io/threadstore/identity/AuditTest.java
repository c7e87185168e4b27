package io.threadstore.identity;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.matchesPattern;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.specification.RequestSpecification;
import io.threadstore.codex.proto.LoadThreadHistoryRequest;
import io.threadstore.codex.proto.ReadThreadRequest;
import io.threadstore.codex.proto.ThreadStoreGrpc;
import io.threadstore.testsupport.AuditLines;
import io.threadstore.testsupport.Items;
import io.threadstore.testsupport.Rest;
import io.threadstore.testsupport.TestDatabase;
import io.threadstore.testsupport.TestIssuer;
import java.net.URI;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is on record of who did what, and the ids that requests go by. */
@QuarkusTest
@WithTestResource(TestDatabase.class)
@WithTestResource(TestIssuer.class)
class AuditTest {

    private static final String ALL = "threads:read threads:write threads:delete";

    @TestHTTPResource
    URI service;

    final UUID id = UUID.randomUUID();
    final String tenant = "tenant-" + UUID.randomUUID();

    private final AuditLines audit = new AuditLines();

    @AfterEach
    void listenNoMore() {
        audit.close();
    }

    @Test
    void everyWriteIsOnRecordAndNoContent() {
        create(id.toString());
        as(tenant)
                .header("X-Request-Id", "gateway-7")
                .contentType("application/json")
                .body("{\"items\":[" + Items.userMessage("a secret") + "]}")
                .post("/v1/threads/" + id + "/items")
                .then()
                .statusCode(200);
        as(tenant).get("/v1/threads/" + id).then().statusCode(200);
        as(tenant).delete("/v1/threads/" + id).then().statusCode(204);

        assertThat(lines()).hasSize(3).allSatisfy(line -> {
            assertThat(line.path("tenant").asText()).isEqualTo(tenant);
            assertThat(line.path("subject").asText()).isEqualTo("alice");
            assertThat(line.path("transport").asText()).isEqualTo("rest");
            assertThat(line.path("thread_id").asText()).isEqualTo(id.toString());
            assertThat(line.path("outcome").asText()).isEqualTo("allowed");
            assertThat(line.path("from").asText()).isEqualTo("127.0.0.1");
            assertThat(line.path("time").asText()).endsWith("Z");
            assertThat(line.toString()).doesNotContain("secret", "Bearer");
        });
        assertThat(lines())
                .extracting(line -> line.path("operation").asText())
                .containsExactly("createThread", "appendItems", "deleteThread");
        assertThat(lines().get(1).path("request_id").asText()).isEqualTo("gateway-7");
    }

    /** A caller who is known already is answered in another way, which must leave the same traces. */
    @Test
    void everyAppendLeavesTheSameLine() {
        create(id.toString());
        audit.clear();

        var token = TestIssuer.token(tenant, ALL);
        for (var type : List.of("application/json", "application/json; charset=utf-8", "application/json")) {
            Rest.json("{\"items\":[" + Items.agentMessage("said") + "]}")
                    .contentType(type)
                    .header("Authorization", "Bearer " + token)
                    .header("X-Request-Id", "gateway-8")
                    .post("/v1/threads/" + id + "/items")
                    .then()
                    .statusCode(200);
        }

        assertThat(lines())
                .hasSize(3)
                .extracting(line -> ((ObjectNode) line).without("time").toString())
                .containsOnly(((ObjectNode) lines().get(1)).without("time").toString());
    }

    @Test
    void readsOfWholeHistories_areOnRecord() {
        create(id.toString());
        audit.clear();

        as(tenant).get("/v1/threads/" + id + "/rollout").then().statusCode(200);
        as(tenant).get("/v1/threads/" + id + "/history").then().statusCode(200);
        as(tenant).get("/v1/threads/" + id + "?include_history=true").then().statusCode(200);
        loadThroughGrpc(true);
        for (var other : List.of("", "?include_history=false", "/items", "/verification", "/metadata-patches")) {
            as(tenant).get("/v1/threads/" + id + other).then().statusCode(200);
        }
        as(tenant).get("/v1/threads").then().statusCode(200);
        as(tenant).head("/v1/threads/" + id + "/rollout");
        loadThroughGrpc(false);

        assertThat(lines())
                .extracting(line -> line.path("operation").asText() + " "
                        + line.path("outcome").asText() + " "
                        + line.path("tenant").asText())
                .containsExactly(
                        "exportRollout allowed " + tenant,
                        "loadHistory allowed " + tenant,
                        "getThread allowed " + tenant,
                        "ReadThread allowed " + tenant,
                        "LoadHistory allowed " + tenant);
        // the message of a call that is not admitted is not read, so its thread is not known
        assertThat(lines())
                .filteredOn(line -> line.path("transport").asText().equals("rest"))
                .allMatch(line -> line.path("thread_id").asText().equals(id.toString()));
    }

    @Test
    void reads_areOnRecordAsTheSettingSays() {
        for (var reads : AuditLog.Reads.values()) {
            var log = new AuditLog(null, null, null, reads);

            assertThat(log.recordsRead(true)).isEqualTo(reads != AuditLog.Reads.NONE);
            assertThat(log.recordsRead(false)).isEqualTo(reads == AuditLog.Reads.ALL);
        }
    }

    @Test
    void idThatTheServerMadeIsOnRecord() {
        var made = as(tenant)
                .contentType("application/json")
                .body("{\"source\":{\"kind\":\"cli\"}}")
                .post("/v1/threads")
                .jsonPath()
                .getString("thread_id");

        assertThat(lines().get(0).path("thread_id").asText()).isEqualTo(made);
    }

    @Test
    void whoSearchesWithoutATokenIsOnRecordWhereverThatLeads() {
        given().get("/v1/nothing").then().statusCode(401);
        given().contentType("text/plain").body("x").post("/v1/threads").then().statusCode(401);

        assertThat(lines())
                .hasSize(2)
                .allSatisfy(line -> assertThat(line.path("outcome").asText()).isEqualTo("refused"));
    }

    @Test
    void everyRefusalIsOnRecord() {
        create(id.toString());
        audit.clear();

        given().get("/v1/threads/" + id).then().statusCode(401);
        as("another").get("/v1/threads/" + id).then().statusCode(404);
        given().header("Authorization", "Bearer " + TestIssuer.token(tenant, "threads:read"))
                .delete("/v1/threads/" + id)
                .then()
                .statusCode(403);
        assertThatThrownBy(() -> readThroughGrpc(id)).hasMessageContaining("UNAUTHENTICATED");

        assertThat(lines())
                .extracting(line -> line.path("outcome").asText() + " "
                        + line.path("status").asText() + " "
                        + line.path("operation").asText() + " "
                        + line.path("tenant").asText("nobody's"))
                .containsExactly(
                        "refused 401 getThread nobody's",
                        "refused 404 getThread another",
                        "refused 403 deleteThread " + tenant,
                        "refused UNAUTHENTICATED ReadThread nobody's");
        // the message of a call that is not admitted is not read, so its thread is not known
        assertThat(lines())
                .filteredOn(line -> line.path("transport").asText().equals("rest"))
                .allMatch(line -> line.path("thread_id").asText().equals(id.toString()));
    }

    @Test
    void writeThatFailedIsOnRecordAsSuch() {
        create(id.toString());
        as(tenant)
                .contentType("application/json")
                .body("{\"thread_id\":\"" + id + "\",\"source\":{\"kind\":\"cli\"}}")
                .post("/v1/threads")
                .then()
                .statusCode(409);

        assertThat(lines().get(1).path("outcome").asText()).isEqualTo("failed");
        assertThat(lines().get(1).path("status").asText()).isEqualTo("409");
    }

    @Test
    void requestsGoByTheIdThatTheyBringOrGetOne() {
        given().header("X-Request-Id", "abc-123")
                .get("/v1/threads")
                .then()
                .statusCode(401)
                .header("X-Request-Id", equalTo("abc-123"));
        var made = matchesPattern("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
        given().get("/v1/threads").then().header("X-Request-Id", made);
        given().header("X-Request-Id", "two words").get("/v1/threads").then().header("X-Request-Id", made);
        given().header("X-Request-Id", "x".repeat(129))
                .get("/no/such/path")
                .then()
                .statusCode(404)
                .header("X-Request-Id", made);
    }

    private void create(String threadId) {
        as(tenant)
                .contentType("application/json")
                .body("{\"thread_id\":\"" + threadId + "\",\"source\":{\"kind\":\"cli\"}}")
                .post("/v1/threads")
                .then()
                .statusCode(201);
    }

    private static RequestSpecification as(String tenant) {
        return given().header("Authorization", "Bearer " + TestIssuer.token(tenant, ALL));
    }

    private void loadThroughGrpc(boolean withHistory) {
        var headers = new Metadata();
        headers.put(
                Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER),
                "Bearer " + TestIssuer.token(tenant, ALL));
        var channel = NettyChannelBuilder.forAddress(service.getHost(), service.getPort())
                .usePlaintext()
                .build();
        try {
            var store = ThreadStoreGrpc.newBlockingStub(channel)
                    .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
            store.readThread(ReadThreadRequest.newBuilder()
                    .setThreadId(id.toString())
                    .setIncludeHistory(withHistory)
                    .build());
            if (withHistory) {
                store.loadHistory(LoadThreadHistoryRequest.newBuilder()
                        .setThreadId(id.toString())
                        .build());
            }
        } finally {
            channel.shutdownNow();
        }
    }

    private void readThroughGrpc(UUID threadId) {
        var channel = NettyChannelBuilder.forAddress(service.getHost(), service.getPort())
                .usePlaintext()
                .build();
        try {
            ThreadStoreGrpc.newBlockingStub(channel)
                    .readThread(ReadThreadRequest.newBuilder()
                            .setThreadId(threadId.toString())
                            .build());
        } finally {
            channel.shutdownNow();
        }
    }

    private List<JsonNode> lines() {
        return audit.all();
    }
}
