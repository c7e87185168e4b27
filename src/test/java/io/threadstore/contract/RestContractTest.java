package io.threadstore.contract;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.threadstore.testsupport.TestDatabase;

@QuarkusTest
@WithTestResource(TestDatabase.class)
class RestContractTest extends ThreadStoreContract {

    private final RestThreadStore store = new RestThreadStore();

    @Override
    ThreadStoreUnderTest store() {
        return store;
    }
}
