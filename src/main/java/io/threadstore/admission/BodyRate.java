package io.threadstore.admission;

import io.vertx.core.Vertx;
import java.util.concurrent.TimeUnit;

/**
 * Detects a client that sends its body too slowly. Only the time counts in which the service waits for the client. One
 * timer serves the whole body.
 */
final class BodyRate {

    private static final long CHECK_MILLIS = 1000;

    private final Vertx vertx;
    private final long firstByteMillis;
    private final long graceMillis;
    private final long minBytesPerSecond;
    private final Runnable onTooSlow;
    private volatile long bytes;
    private volatile long waitedNanos;
    /** By {@link System#nanoTime}; 0 while the service is not waiting. */
    private volatile long waitingSince;

    private volatile boolean isEnded;
    private volatile long timer;

    /** @param onTooSlow called once, on the event loop */
    BodyRate(Vertx vertx, BodySettings settings, Runnable onTooSlow) {
        this.vertx = vertx;
        this.firstByteMillis = settings.firstByte().toMillis();
        this.graceMillis = settings.grace().toMillis();
        this.minBytesPerSecond = settings.minRate().asLongValue();
        this.onTooSlow = onTooSlow;
        checkAfter(Math.min(firstByteMillis, graceMillis));
    }

    /** The service begins to wait for the client. One thread at a time. */
    void waiting() {
        waitingSince = System.nanoTime() | 1;
    }

    /** The client has sent something, or its body has ended. */
    void received(int count) {
        var since = waitingSince;
        if (since != 0) {
            waitedNanos += System.nanoTime() - since;
            waitingSince = 0;
        }
        bytes += count;
    }

    /** The body has been read, or is not read on. */
    void end() {
        isEnded = true;
        vertx.cancelTimer(timer);
    }

    private void checkAfter(long millis) {
        timer = vertx.setTimer(Math.max(1, millis), late -> check());
    }

    private void check() {
        if (isEnded) {
            return;
        }
        if (isTooSlow(waitedMillis())) {
            isEnded = true;
            onTooSlow.run();
        } else {
            checkAfter(CHECK_MILLIS);
        }
    }

    private long waitedMillis() {
        var since = waitingSince;
        var now = since == 0 ? 0 : System.nanoTime() - since;
        return TimeUnit.NANOSECONDS.toMillis(waitedNanos + now);
    }

    private boolean isTooSlow(long waited) {
        if (waitingSince == 0) {
            return false; // the service is working on what has arrived
        }
        if (bytes == 0) {
            return waited >= firstByteMillis;
        }
        return waited > graceMillis && bytes * 1000 < (waited - graceMillis) * minBytesPerSecond;
    }
}
