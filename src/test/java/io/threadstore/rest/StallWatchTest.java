package io.threadstore.rest;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StallWatchTest {

    private static final long STALL_MILLIS = 1000;

    private final Vertx vertx = Vertx.vertx();
    private final CountDownLatch cut = new CountDownLatch(1);
    private final StallWatch watch = new StallWatch(vertx, STALL_MILLIS, cut::countDown);

    @AfterEach
    void stop() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    @Test
    void whoTakesNothingIsCutOff() throws InterruptedException {
        watch.sending();

        assertThat(cut.await(20 * STALL_MILLIS, TimeUnit.MILLISECONDS)).isTrue();
    }

    @Test
    void whoTakesAChunkNowAndThenIsNot() throws InterruptedException {
        watch.sending();
        for (var chunk = 0; chunk < 20; chunk++) {
            watch.sending();
            // together twice as long as nothing may be taken
            assertThat(cut.await(STALL_MILLIS / 10, TimeUnit.MILLISECONDS)).isFalse();
            watch.taken();
        }
        // the one that is left
        assertThat(cut.await(20 * STALL_MILLIS, TimeUnit.MILLISECONDS)).isTrue();
    }

    @Test
    void whoIsSentNothingIsNot() throws InterruptedException {
        watch.sending();
        watch.taken();

        assertThat(cut.await(2 * STALL_MILLIS, TimeUnit.MILLISECONDS)).isFalse();
    }

    @Test
    void nobodyIsWhoseAnswerHasEnded() throws InterruptedException {
        watch.sending();
        watch.end();

        assertThat(cut.await(2 * STALL_MILLIS, TimeUnit.MILLISECONDS)).isFalse();
    }
}
