package io.threadstore.contract;

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

/** Over TLS, below a prefix, with a token. */
@QuarkusTest
@TestProfile(Nginx.Trusted.class)
@WithTestResource(TestDatabase.class)
@WithTestResource(TestIssuer.class)
class RestThroughNginxContractTest extends ThreadStoreContract {

    @TestHTTPResource
    URI service;

    private final RestThreadStore store = new RestThreadStore();
    private Nginx nginx;

    @BeforeEach
    void connect() throws Exception {
        nginx = Nginx.before(service);
        nginx.isCalledByRestAssured("tenant-" + id);
    }

    @AfterEach
    void disconnect() throws Exception {
        Nginx.isCalledNoMore();
        if (nginx != null) {
            nginx.close();
        }
    }

    @Override
    ThreadStoreUnderTest store() {
        return store;
    }
}
