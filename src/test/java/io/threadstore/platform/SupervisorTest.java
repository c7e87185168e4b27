package io.threadstore.platform;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.microprofile.health.HealthCheckResponse.Status;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What health says of work that is stuck, and of work that is rejected. */
class SupervisorTest {

    private final Supervisor supervisor = new Supervisor();

    @AfterEach
    void stop() {
        supervisor.stop();
    }

    @Test
    void checkFails_othersAndLaterOnesStillRun() {
        var checks = new AtomicInteger();
        var failing = new Work(0, () -> {
            throw new OutOfMemoryError("Java heap space");
        });
        supervisor.supervise(failing);
        supervisor.supervise(new Work(0, checks::incrementAndGet));

        supervisor.checkAll();
        supervisor.checkAll();

        assertThat(checks).hasValue(2);
    }

    @Test
    void schedule_runsChecksAlsoAfterAnError() throws Exception {
        var checks = new CountDownLatch(2);
        supervisor.supervise(new Work(0, () -> {
            checks.countDown();
            throw new StackOverflowError();
        }));
        supervisor.start();
        assertThat(checks.await(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void workIsStuck_livenessIsDownWithItsAge() {
        var work = new Work(0, () -> {});
        supervisor.supervise(work);
        var health = new StuckWorkHealth(supervisor);

        work.stuckMillis = 30_000;
        assertThat(health.call().getStatus()).isEqualTo(Status.UP);
        assertThat(health.call().getData()).hasValue(Map.of("work", 30_000L));
        work.stuckMillis = 30_001;
        assertThat(health.call().getStatus()).isEqualTo(Status.DOWN);
        work.stuckMillis = 0;
        assertThat(health.call().getStatus()).isEqualTo(Status.UP);
    }

    @Test
    void limitRejects_readinessNamesItAndIsUp() {
        var registry = new SimpleMeterRegistry();
        var streams = counter(registry, "streams");
        counter(registry, "calls");
        streams.increment();
        var health = new RejectionHealth(registry, supervisor);
        health.start();
        assertThat(health.call().getData()).isEmpty();

        streams.increment(3);

        assertThat(health.call().getData()).hasValue(Map.of("streams", 4L));
        assertThat(health.call().getStatus()).isEqualTo(Status.UP);
    }

    private static Counter counter(SimpleMeterRegistry registry, String limit) {
        return Counter.builder("threadstore.overload").tag("limit", limit).register(registry);
    }

    private static final class Work implements Supervised {

        private final Runnable check;
        private volatile long stuckMillis;

        Work(long stuckMillis, Runnable check) {
            this.stuckMillis = stuckMillis;
            this.check = check;
        }

        @Override
        public String name() {
            return "work";
        }

        @Override
        public long stuckMillis() {
            return stuckMillis;
        }

        @Override
        public long stuckLimitMillis() {
            return 30_000;
        }

        @Override
        public void enforceLimits() {
            check.run();
        }
    }
}
