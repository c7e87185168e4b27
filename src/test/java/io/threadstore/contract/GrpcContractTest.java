package io.threadstore.contract;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.threadstore.codex.proto.ThreadStoreGrpc;
import io.threadstore.testsupport.TestDatabase;
import java.net.URI;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

@QuarkusTest
@WithTestResource(TestDatabase.class)
class GrpcContractTest extends ThreadStoreContract {

    @TestHTTPResource
    URI service;

    private ManagedChannel channel;
    private GrpcThreadStore store;

    /** HTTP/2 by prior knowledge, on the port of REST. */
    @BeforeEach
    void connect() {
        channel = NettyChannelBuilder.forAddress(service.getHost(), service.getPort())
                .usePlaintext()
                .build();
        store = new GrpcThreadStore(ThreadStoreGrpc.newBlockingStub(channel));
    }

    @AfterEach
    void disconnect() {
        channel.shutdownNow();
    }

    @Override
    ThreadStoreUnderTest store() {
        return store;
    }
}
