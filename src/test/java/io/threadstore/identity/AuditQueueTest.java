package io.threadstore.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Audit lines for a console that takes none. */
@Timeout(60)
class AuditQueueTest {

    private static final String LINE = "x".repeat(1000);

    private final Pipe pipe = new Pipe();
    private final AtomicInteger dropped = new AtomicInteger();

    @AfterEach
    void letGo() {
        pipe.open.countDown();
    }

    @Test
    void lines_onAConsoleThatTakesThem_areWrittenInOrder() {
        pipe.open.countDown();
        var queue = queue(AuditQueue.Overflow.DROP, true);

        for (var i = 0; i < 1000; i++) {
            queue.add("line " + i);
        }
        queue.stop(Duration.ofSeconds(20));

        assertThat(pipe.lines()).hasSize(1000).startsWith("line 0", "line 1").endsWith("line 999");
        assertThat(dropped).hasValue(0);
    }

    @Test
    void lines_onAStuckConsole_areDroppedAndCounted() throws Exception {
        var queue = queue(AuditQueue.Overflow.DROP, true);
        var began = System.nanoTime();

        for (var i = 0; i < 20_000; i++) {
            queue.add(LINE);
        }

        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(8));
        // 8 MiB of lines with 1,065 bytes each wait, and a batch of 64 KiB is being written
        assertThat(20_000 - dropped.get()).isBetween(7_800, 8_000);

        pipe.open.countDown();
        while (pipe.lines().length < 20_000 - dropped.get()) {
            TimeUnit.MILLISECONDS.sleep(10);
        }
        var before = dropped.get();
        queue.add("again");
        queue.stop(Duration.ofSeconds(20));
        assertThat(pipe.lines()).endsWith("again");
        assertThat(dropped).hasValue(before);
    }

    @Test
    void shortLines_onAStuckConsole_areBoundedInNumber() {
        var queue = queue(AuditQueue.Overflow.DROP, true);

        for (var i = 0; i < 30_000; i++) {
            queue.add("x");
        }

        assertThat(30_000 - dropped.get()).isBetween(20_000, 20_500);
    }

    @Test
    void callerThatMayWait_whereLinesBlock_waitsForRoom() throws Exception {
        var queue = queue(AuditQueue.Overflow.BLOCK, true);
        while (!queue.wouldBlock()) {
            queue.add(LINE);
        }
        var caller = new Thread(() -> {
            for (var i = 0; i < 100; i++) {
                queue.add("late");
            }
        });
        caller.start();
        caller.join(300);
        assertThat(caller.isAlive()).isTrue();

        pipe.open.countDown();
        caller.join();
        queue.stop(Duration.ofSeconds(20));

        assertThat(pipe.lines()).endsWith("late");
        assertThat(dropped).hasValue(0);
    }

    @Test
    void eventLoop_whereLinesBlock_neverWaits() {
        var queue = queue(AuditQueue.Overflow.BLOCK, false);
        while (dropped.get() < 1000) {
            queue.add(LINE);
        }

        assertThat(queue.wouldBlock()).isTrue();
    }

    @Test
    void stop_onAStuckConsole_endsInTime() {
        var queue = queue(AuditQueue.Overflow.DROP, true);
        queue.add(LINE);
        var began = System.nanoTime();

        queue.stop(Duration.ofMillis(200));

        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(5));
    }

    /** A line that can't be written must not end the thread that writes. */
    @Test
    void line_afterAFailure_isWritten() {
        pipe.open.countDown();
        pipe.failures = 1;
        var queue = queue(AuditQueue.Overflow.DROP, true);
        queue.add("first");
        while (pipe.failures > 0) {
            Thread.onSpinWait();
        }

        queue.add("second");
        queue.stop(Duration.ofSeconds(20));

        assertThat(pipe.lines()).containsExactly("second");
    }

    private AuditQueue queue(AuditQueue.Overflow overflow, boolean mayWait) {
        return new AuditQueue(pipe, overflow, () -> mayWait, dropped::incrementAndGet);
    }

    /** Takes nothing until it is open. */
    private static final class Pipe extends OutputStream {

        private final CountDownLatch open = new CountDownLatch(1);
        private final ByteArrayOutputStream taken = new ByteArrayOutputStream();
        private volatile int failures; // of one thread at a time

        @Override
        public void write(int one) throws IOException {
            write(new byte[] {(byte) one}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            try {
                open.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            if (failures > 0) {
                failures = failures - 1;
                throw new IOException("the pipe is broken");
            }
            taken.write(bytes, from, length);
        }

        String[] lines() {
            return taken.toString(StandardCharsets.UTF_8).lines().toArray(String[]::new);
        }
    }
}
