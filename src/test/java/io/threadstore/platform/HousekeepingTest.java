package io.threadstore.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import java.sql.SQLTransientConnectionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class HousekeepingTest {

    private final Housekeeping housekeeping = new Housekeeping(new Supervisor(), new SimpleMeterRegistry());

    @Test
    void afterTheEndHasBegunNothingIsStarted() {
        var runs = new AtomicInteger();
        housekeeping.run("counting", runs::incrementAndGet);
        housekeeping.stop(new ShutdownEvent());
        housekeeping.run("counting", runs::incrementAndGet);
        assertThat(runs).hasValue(1);
    }

    @Test
    void workThatTheEndBreaksOffIsNoError() {
        assertThatCode(() -> housekeeping.run("counting", () -> {
                    housekeeping.stop(new ShutdownEvent());
                    throw new IllegalStateException("EntityManagerFactory is closed");
                }))
                .doesNotThrowAnyException();
    }

    @Test
    void onlyADatabaseThatIsAwayExcusesAFailure() {
        assertThatCode(() -> housekeeping.run("counting", () -> {
                    throw new IllegalStateException(new SQLTransientConnectionException("away"));
                }))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> housekeeping.run("counting", () -> {
                    throw new IllegalStateException("a bug");
                }))
                .hasMessage("a bug");
    }

    @Test
    void runThatHangs_isSeenUntilItEnds() {
        assertThat(housekeeping.stuckMillis()).isZero();
        assertThatThrownBy(() -> housekeeping.run("counting", () -> {
                    var began = System.nanoTime();
                    while (housekeeping.stuckMillis() < 2) {
                        assertThat(System.nanoTime() - began).isLessThan(30_000_000_000L);
                    }
                    throw new StackOverflowError();
                }))
                .isInstanceOf(StackOverflowError.class);
        assertThat(housekeeping.stuckMillis()).isZero();
    }
}
