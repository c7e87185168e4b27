package io.threadstore.torture;

import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** What the clients of all threads have done and seen. */
final class Tally {

    private final Map<String, LongAdder> counts = new ConcurrentSkipListMap<>();
    private final Queue<Checker.Violation> violations = new ConcurrentLinkedQueue<>();
    private final Queue<String> unexpected = new ConcurrentLinkedQueue<>();
    private final AtomicLong lastAcknowledged = new AtomicLong(System.nanoTime());
    private final AtomicLong longestGap = new AtomicLong();

    void count(String what) {
        count(what, 1);
    }

    void count(String what, long many) {
        counts.computeIfAbsent(what, created -> new LongAdder()).add(many);
    }

    /** Some write was acknowledged. */
    void acknowledged() {
        var now = System.nanoTime();
        var gap = now - lastAcknowledged.getAndSet(now);
        longestGap.accumulateAndGet(gap, Math::max);
    }

    void found(Checker.Violation violation) {
        violations.add(violation);
    }

    /** An answer that no client may get, whatever happens. */
    void unexpected(String answer) {
        unexpected.add(answer);
    }

    Map<String, Long> counts() {
        var sums = new TreeMap<String, Long>();
        counts.forEach((what, count) -> sums.put(what, count.sum()));
        return sums;
    }

    Queue<Checker.Violation> violations() {
        return violations;
    }

    Queue<String> unexpected() {
        return unexpected;
    }

    /** Begins to look for the longest time in which nothing is acknowledged to anybody. */
    void watchGaps() {
        longestGap.set(0);
    }

    /** That time, in seconds. */
    double longestGapSeconds() {
        // one that goes on still is this fault's, too
        return Math.max(longestGap.get(), System.nanoTime() - lastAcknowledged.get()) / 1e9;
    }
}
