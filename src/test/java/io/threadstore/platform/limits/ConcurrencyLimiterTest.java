package io.threadstore.platform.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ConcurrencyLimiterTest {

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final AtomicInteger rejections = new AtomicInteger();

    private ConcurrencyLimiter limiter(long capacity, Duration maxWait) {
        return new ConcurrencyLimiter(
                new ConcurrencyLimiter.Settings(capacity, maxWait, Duration.ofMillis(20), 100, "too many; retry later"),
                timer,
                rejections::incrementAndGet);
    }

    @AfterEach
    void stop() {
        timer.shutdownNow();
    }

    @Test
    void acquire_tenantIsAlone_getsTheWholeLimit() {
        var limiter = limiter(10, Duration.ofMillis(50));
        for (var i = 0; i < 10; i++) {
            assertThat(limiter.acquire("a", 1)).isCompleted();
        }

        assertThat(limiter.used()).isEqualTo(10);
        assertThatThrownBy(() -> limiter.acquire("a", 1).join())
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOfSatisfying(ThreadStoreException.class, rejection -> {
                    assertThat(rejection.kind()).isEqualTo(ErrorKind.UNAVAILABLE);
                    assertThat(rejection).hasMessage("too many; retry later");
                });
        assertThat(rejections).hasValue(1);
    }

    @Test
    void release_twoTenantsWait_servesTheOneThatHoldsLeast() {
        var limiter = limiter(4, Duration.ofSeconds(10));
        var held = new ArrayList<ConcurrencyLimiter.Lease>();
        for (var i = 0; i < 4; i++) {
            held.add(limiter.acquire("greedy", 1).join());
        }
        var greedy = limiter.acquire("greedy", 1);
        var other = limiter.acquire("other", 1);
        var otherAgain = limiter.acquire("other", 1);

        held.get(0).close();
        assertThat(other).isCompleted();
        assertThat(greedy).isNotDone();
        held.get(1).close();
        assertThat(otherAgain).isCompleted();
        assertThat(greedy).isNotDone();
        held.get(2).close();
        assertThat(greedy).isCompleted();
    }

    @Test
    void twoTenants_withEqualDemandAndManyThreads_getEqualService() throws Exception {
        var limiter = limiter(4, Duration.ofSeconds(30));
        var done = new AtomicLongArray(2);
        var isOver = new AtomicBoolean();
        var threads = new ArrayList<Thread>();
        // the first tenant has ten times as many clients as the second, which still always wants more than its half
        for (var i = 0; i < 88; i++) {
            var tenant = i < 80 ? 0 : 1;
            var thread = new Thread(() -> {
                while (!isOver.get()) {
                    try (var lease = limiter.acquireBlocking("t" + tenant, 1)) {
                        TimeUnit.MILLISECONDS.sleep(lease.amount());
                        done.incrementAndGet(tenant);
                    } catch (InterruptedException e) {
                        return;
                    }
                }
            });
            threads.add(thread);
            thread.start();
        }
        while (done.get(0) + done.get(1) < 2000) {
            TimeUnit.MILLISECONDS.sleep(10);
        }
        isOver.set(true);
        for (var thread : threads) {
            thread.join();
        }

        assertThat(done.get(1) / (double) (done.get(0) + done.get(1))).isBetween(0.4, 0.6);
        assertThat(limiter.used()).isZero();
        assertThat(limiter.waiting()).isZero();
    }

    @Test
    void smallRequestWithinShare_whileLargeOneOfAnotherTenantWaits_isServed() {
        var limiter = limiter(100, Duration.ofSeconds(10));
        var held = limiter.acquire("a", 80).join();
        var large = limiter.acquire("a", 90);

        assertThat(limiter.acquire("b", 10)).isCompleted();
        assertThat(large).isNotDone();
        held.close();
        assertThat(large).isCompleted();
    }

    @Test
    void revocableLeases_anotherTenantWaits_areRevokedUntilItFits() throws Exception {
        var limiter = limiter(4, Duration.ofSeconds(10));
        var cut = new AtomicInteger();
        for (var i = 0; i < 4; i++) {
            var lease = limiter.acquire("slow", 1).join();
            lease.revocable(() -> {
                cut.incrementAndGet();
                lease.close();
            });
        }

        assertThat(limiter.acquire("other", 1).get(5, TimeUnit.SECONDS)).isNotNull();
        assertThat(limiter.acquire("other", 1).get(5, TimeUnit.SECONDS)).isNotNull();
        assertThat(cut).hasValue(2);
        // both hold their share now: no more is revoked for either
        var third = limiter.acquire("other", 1);
        TimeUnit.MILLISECONDS.sleep(100);
        assertThat(third).isNotDone();
        assertThat(cut).hasValue(2);
    }

    @Test
    void freeze_whileItsGrowthWaits_rejectsTheGrowthAndServesOthers() {
        var limiter = limiter(10, Duration.ofSeconds(10));
        var held = limiter.acquire("b", 3).join();
        var lease = limiter.acquire("a", 6).join();
        var growth = lease.grow(4).toCompletableFuture();
        var other = limiter.acquire("a", 1);
        assertThat(other).isNotDone();

        lease.freeze();

        assertThat(growth).failsWithin(Duration.ofMillis(500));
        assertThat(other).isCompleted();
        assertThat(lease.tryGrow(1)).isFalse();
        assertThat(lease.grow(1).toCompletableFuture()).isCompletedExceptionally();
        assertThat(lease.amount()).isEqualTo(6);
        lease.close();
        held.close();
        other.join().close();
        assertThat(limiter.used()).isZero();
        assertThat(limiter.waiting()).isZero();
    }

    @Test
    void revocableLeases_sameTenantWaits_areKept() throws Exception {
        var limiter = limiter(1, Duration.ofMillis(200));
        var cut = new AtomicInteger();
        limiter.acquire("a", 1).join().revocable(cut::incrementAndGet);

        assertThat(limiter.acquire("a", 1)).failsWithin(Duration.ofSeconds(5));
        assertThat(cut).hasValue(0);
    }

    @Test
    void grow_beyondTheLimit_holdsTheWholeLimit() {
        var limiter = limiter(100, Duration.ofMillis(50));
        var lease = limiter.acquireBlocking("a", 60);
        lease.growBlocking(1000);

        assertThat(lease.amount()).isEqualTo(100);
        lease.shrink(70);
        assertThat(limiter.used()).isEqualTo(30);
        lease.close();
        lease.close();
        assertThat(limiter.used()).isZero();
    }

    @Test
    void close_whileItsGrowthWaits_failsTheGrowthAndLosesNothing() {
        var limiter = limiter(10, Duration.ofSeconds(10));
        var other = limiter.acquire("b", 6).join();
        var lease = limiter.acquire("a", 4).join();
        var growth = lease.grow(3).toCompletableFuture();
        assertThat(growth).isNotDone();

        lease.close();
        assertThat(growth).isCompletedExceptionally();
        other.close();
        assertThat(limiter.used()).isZero();
        assertThat(limiter.waiting()).isZero();
    }

    @Test
    void acquire_moreWaitersThanAllowed_isRejectedAtOnce() {
        var limiter = limiter(1, Duration.ofSeconds(60));
        limiter.acquire("a", 1).join();
        var waiting = new ArrayList<CompletableFuture<ConcurrencyLimiter.Lease>>();
        for (var i = 0; i < 100; i++) {
            waiting.add(limiter.acquire("a", 1));
        }

        assertThat(limiter.acquire("a", 1)).isCompletedExceptionally();
        assertThat(waiting).allSatisfy(each -> assertThat(each).isNotDone());
        assertThat(limiter.acquire("b", 1)).isNotDone();
    }

    @Test
    void manyThreads_acquireGrowAndClose_leaveNothingHeld() throws Exception {
        var limiter = limiter(1000, Duration.ofMillis(5));
        var threads = new ArrayList<Thread>();
        for (var i = 0; i < 8; i++) {
            var tenant = "t" + i % 3;
            var seed = i;
            threads.add(new Thread(() -> {
                var random = new java.util.Random(seed);
                for (var round = 0; round < 2000; round++) {
                    try (var lease = limiter.acquireBlocking(tenant, random.nextInt(400))) {
                        lease.growBlocking(random.nextInt(400));
                        lease.shrink(random.nextInt(100));
                    } catch (ThreadStoreException e) {
                        // rejected: holds nothing
                    }
                }
            }));
        }
        threads.forEach(Thread::start);
        for (var thread : List.copyOf(threads)) {
            thread.join();
        }

        assertThat(limiter.used()).isZero();
        assertThat(limiter.waiting()).isZero();
    }
}
