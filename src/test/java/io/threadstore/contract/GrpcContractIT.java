package io.threadstore.contract;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same against what was packaged: the jar or, with -Dnative, the native executable. */
@QuarkusIntegrationTest
class GrpcContractIT extends GrpcContractTest {}
