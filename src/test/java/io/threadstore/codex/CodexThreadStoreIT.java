package io.threadstore.codex;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same against what was packaged: the jar or, with -Dnative, the native executable. */
@QuarkusIntegrationTest
class CodexThreadStoreIT extends CodexThreadStoreTest {}
