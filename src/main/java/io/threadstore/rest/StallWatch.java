package io.threadstore.rest;

import io.vertx.core.Vertx;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Finds out that a client takes nothing any more of what is on its way to it. There is one timer for as long as an answer takes, because setting one for each
 * chunk wakes the event loop as often again.
 */
final class StallWatch {

    private final Vertx vertx;
    private final long stallMillis;
    private final Runnable cut;
    private final AtomicInteger onTheirWay = new AtomicInteger();
    private volatile long lastTaken;
    private volatile boolean isEnded;
    private volatile long timer;

    /** @param cut what is done, once, when nothing has been taken for so long */
    StallWatch(Vertx vertx, long stallMillis, Runnable cut) {
        this.vertx = vertx;
        this.stallMillis = stallMillis;
        this.cut = cut;
        this.lastTaken = System.nanoTime();
        lookAgain(stallMillis);
    }

    /** A chunk is about to be sent. Called by one thread at a time. */
    void sending() {
        if (onTheirWay.get() == 0) {
            lastTaken = System.nanoTime();
        }
        onTheirWay.incrementAndGet();
    }

    /** A chunk has been sent, or can't be. */
    void taken() {
        lastTaken = System.nanoTime();
        onTheirWay.decrementAndGet();
    }

    /** Nothing more is sent. */
    void end() {
        isEnded = true;
        vertx.cancelTimer(timer);
    }

    private void lookAgain(long millis) {
        timer = vertx.setTimer(Math.max(1, millis), late -> look());
    }

    private void look() {
        if (isEnded) {
            return;
        }
        var isWaiting = onTheirWay.get() > 0;
        var waited = isWaiting ? TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - lastTaken) : 0;
        if (isWaiting && waited >= stallMillis) {
            cut.run();
        } else {
            lookAgain(stallMillis - waited);
        }
    }
}
