package io.threadstore.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.netty.NettyChannelBuilder;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.threadstore.codex.proto.CreateThreadRequest;
import io.threadstore.codex.proto.ReadThreadRequest;
import io.threadstore.codex.proto.ThreadIdRequest;
import io.threadstore.codex.proto.ThreadStoreGrpc;
import io.threadstore.codex.proto.ThreadStoreGrpc.ThreadStoreBlockingStub;
import io.threadstore.testsupport.TestDatabase;
import io.threadstore.testsupport.TestIssuer;
import java.net.URI;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Whose threads a Codex sees that sends no token, where tokens are asked for. */
@QuarkusTest
@TestProfile(CodexTenantTest.Hosts.class)
@WithTestResource(TestDatabase.class)
@WithTestResource(TestIssuer.class)
class CodexTenantTest {

    /** Two tenants, each with a host name of its own. */
    public static final class Hosts implements QuarkusTestProfile {

        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "threadstore.grpc.hosts.\"codex.acme.example\"", "acme",
                    "threadstore.grpc.hosts.\"Codex.Other.Example\"", "other");
        }
    }

    @TestHTTPResource
    URI service;

    final UUID id = UUID.randomUUID();

    @Test
    void tenantIsTheOneOfTheHostNameThatIsCalled() {
        create("codex.acme.example");

        assertThat(calling("CODEX.acme.example.:8080", this::read)).isEqualTo(id.toString());
        assertThatThrownBy(() -> calling("codex.other.example", this::read)).hasMessageContaining("no rollout found");
        var path = "/v1/threads/" + id;
        RestAssured.given()
                .header("Authorization", "Bearer " + TestIssuer.token("acme", "threads:read"))
                .get(path)
                .then()
                .statusCode(200);
        RestAssured.given()
                .header("Authorization", "Bearer " + TestIssuer.token("other", "threads:read"))
                .get(path)
                .then()
                .statusCode(404);
    }

    @Test
    void otherHostNamesAreNobodys() {
        assertThatThrownBy(() -> create("localhost")).hasMessageContaining("UNAUTHENTICATED");
        assertThatThrownBy(() -> create("evil.codex.acme.example")).hasMessageContaining("UNAUTHENTICATED");
        // a host name is for gRPC alone
        RestAssured.given()
                .header("Host", "codex.acme.example")
                .get("/v1/threads")
                .then()
                .statusCode(401);
    }

    private void create(String host) {
        calling(
                host,
                store -> store.createThread(CreateThreadRequest.newBuilder()
                        .setThreadId(id.toString())
                        .build()));
        calling(
                host,
                store -> store.persistThread(
                        ThreadIdRequest.newBuilder().setThreadId(id.toString()).build()));
    }

    private String read(ThreadStoreBlockingStub store) {
        return store.readThread(ReadThreadRequest.newBuilder()
                        .setThreadId(id.toString())
                        .build())
                .getThread()
                .getThreadId();
    }

    private <T> T calling(String host, Function<ThreadStoreBlockingStub, T> call) {
        var channel = NettyChannelBuilder.forAddress(service.getHost(), service.getPort())
                .overrideAuthority(host)
                .usePlaintext()
                .build();
        try {
            return call.apply(ThreadStoreGrpc.newBlockingStub(channel));
        } finally {
            channel.shutdownNow();
        }
    }
}
