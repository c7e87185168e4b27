package io.threadstore.identity;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same against what was packaged: the jar or, with -Dnative, the native executable. */
@QuarkusIntegrationTest
class AuthenticationIT extends AuthenticationTest {}
