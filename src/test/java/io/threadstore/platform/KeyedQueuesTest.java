package io.threadstore.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.threadstore.error.ThreadStoreException;
import io.threadstore.testsupport.Together;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class KeyedQueuesTest {

    private static final Duration LONG = Duration.ofSeconds(30);

    final KeyedQueues queues = new KeyedQueues(1);

    @Test
    void callersOfOneKey_workOneAfterTheOther() throws Exception {
        var many = new KeyedQueues(100);
        var inside = new AtomicInteger();
        var most = new AtomicInteger();

        Together.together(
                16,
                caller -> many.run("a", LONG, "thread", () -> {
                    most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                    Thread.yield();
                    return inside.decrementAndGet();
                }));

        assertThat(most).hasValue(1);
        assertThat(many.size()).isZero();
    }

    @Test
    void callerInside_entersAgain() throws Exception {
        var result = queues.run("a", LONG, "thread", () -> queues.run("a", LONG, "thread", () -> 1));

        assertThat(result).isOne();
        assertThat(queues.size()).isZero();
    }

    @Test
    void waitBeyondTheTimeout_isRejectedWithTheCause() throws Exception {
        try (var held = new Holding("a")) {
            held.await();
            assertThatThrownBy(() -> queues.run("a", Duration.ofMillis(10), "thread", () -> 1))
                    .isInstanceOf(ThreadStoreException.class)
                    .hasMessageContaining("the thread is locked by another request");
            assertThat(queues.<Integer>run("b", Duration.ofMillis(10), "thread", () -> 2))
                    .isEqualTo(2);
        }
        assertThat(queues.<Integer>run("a", LONG, "thread", () -> 3)).isEqualTo(3);
    }

    @Test
    void moreWaitersThanAllowed_areRejectedAtOnce() throws Exception {
        CompletableFuture<Integer> waiter;
        try (var held = new Holding("a")) {
            held.await();
            var waiting = new Thread[1];
            waiter = CompletableFuture.supplyAsync(
                    () -> {
                        try {
                            return queues.run("a", LONG, "thread", () -> 1);
                        } catch (Exception e) {
                            throw new IllegalStateException(e);
                        }
                    },
                    task -> {
                        waiting[0] = new Thread(task);
                        waiting[0].start();
                    });
            while (waiting[0].getState() != Thread.State.TIMED_WAITING) {
                Thread.sleep(1);
            }
            assertThatThrownBy(() -> {
                        for (var attempt = 0; attempt < 1000; attempt++) {
                            try {
                                queues.run("a", Duration.ofMillis(5), "thread", () -> 2);
                            } catch (ThreadStoreException e) {
                                if (e.getMessage().contains("too many")) {
                                    throw e;
                                }
                            }
                        }
                    })
                    .hasMessageContaining("too many requests wait for this thread");
        }
        assertThat(waiter.get()).isOne();
        assertThat(queues.size()).isZero();
    }

    @Test
    void failureInside_freesTheKey() {
        assertThatThrownBy(() -> queues.run("a", LONG, "thread", () -> {
                    throw new AssertionError("inside");
                }))
                .hasMessage("inside");
        assertThat(queues.size()).isZero();
    }

    /** A caller that stays inside until it is closed. */
    private final class Holding implements AutoCloseable {

        private final CountDownLatch inside = new CountDownLatch(1);
        private final CountDownLatch end = new CountDownLatch(1);
        private final CompletableFuture<Void> caller;

        Holding(String key) {
            caller = CompletableFuture.runAsync(() -> {
                try {
                    queues.run(key, LONG, "thread", () -> {
                        inside.countDown();
                        end.await();
                        return 0;
                    });
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
        }

        void await() throws InterruptedException {
            inside.await();
        }

        @Override
        public void close() {
            end.countDown();
            caller.join();
        }
    }
}
