package io.threadstore.identity;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same against what was packaged: the jar or, with -Dnative, the native executable. */
@QuarkusIntegrationTest
class TenantBorderIT extends TenantBorderTest {

    /** Another process's log is not at hand. */
    @Override
    void assertAllRefusedOnRecord(int calls) {}
}
