package io.threadstore.rest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CanonicalPathTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/v1/threads",
                "/v1/threads/",
                "/v1/threads/01a1fab6-71a6-78b0-80d3-d8e7488ce317/items",
                "/q/health/live",
                "/v1/threads/a%20b",
                "/v1/threads/%C3%A4",
                "/v1/threads/a.b",
                "/v1/threads/..a",
                "/codex.thread_store.v1.ThreadStore/AppendItems"
            })
    void path_canonical_isAccepted(String path) {
        assertThat(CanonicalPath.is(path)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "v1/threads",
                "*",
                "/v1;x=y/threads",
                "/v1/threads;",
                "//v1/threads",
                "/v1//threads",
                "/v1/threads//",
                "/v1/./threads",
                "/v1/../v1/threads",
                "/v1/threads/.",
                "/v1/threads/..",
                "/v1/%2e%2e/threads",
                "/v1/%2E/threads",
                "/%761/threads",
                "/v1/thread%73",
                "/v1%2Fthreads",
                "/v1%5cthreads",
                "/v1/threads%3Bx",
                "/v1/threads%00",
                "/v1/threads%0a",
                "/v1/threads%",
                "/v1/threads%2",
                "/v1/threads%zz",
                "/v1/threads%25",
                "/v1/threads%3f",
                "/v1\\threads",
                "/v1/thr eads",
                "/v1/threads%7F"
            })
    void path_inAnotherSpelling_isRejected(String path) {
        assertThat(CanonicalPath.is(path)).isFalse();
    }
}
