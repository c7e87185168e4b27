package io.threadstore.contract;

import io.grpc.ManagedChannel;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.threadstore.testsupport.Nginx;
import io.threadstore.testsupport.TestDatabase;
import io.threadstore.testsupport.TestIssuer;
import java.net.URI;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Over TLS, with a token as a sidecar adds it. */
@QuarkusTest
@TestProfile(Nginx.Trusted.class)
@WithTestResource(TestDatabase.class)
@WithTestResource(TestIssuer.class)
class GrpcThroughNginxContractTest extends ThreadStoreContract {

    @TestHTTPResource
    URI service;

    private Nginx nginx;
    private ManagedChannel channel;
    private GrpcThreadStore store;

    @BeforeEach
    void connect() throws Exception {
        nginx = Nginx.before(service);
        nginx.isCalledByRestAssured("tenant-" + id);
        channel = nginx.channel();
        store = new GrpcThreadStore(Nginx.stub(channel, "tenant-" + id));
    }

    @AfterEach
    void disconnect() throws Exception {
        Nginx.isCalledNoMore();
        if (channel != null) {
            channel.shutdownNow();
        }
        if (nginx != null) {
            nginx.close();
        }
    }

    @Override
    ThreadStoreUnderTest store() {
        return store;
    }
}
