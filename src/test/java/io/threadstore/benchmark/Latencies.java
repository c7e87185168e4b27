package io.threadstore.benchmark;

import java.util.Arrays;

/** How long each of many took, in nanoseconds. */
final class Latencies {

    private long[] nanos = new long[4096];
    private int count;

    void add(long taken) {
        if (count == nanos.length) {
            nanos = Arrays.copyOf(nanos, 2 * count);
        }
        nanos[count++] = taken;
    }

    void addAll(Latencies others) {
        for (var i = 0; i < others.count; i++) {
            add(others.nanos[i]);
        }
    }

    int count() {
        return count;
    }

    /** What so large a share of them took at the most, in milliseconds. */
    double millis(double share) {
        Arrays.sort(nanos, 0, count);
        return count == 0 ? Double.NaN : nanos[(int) (share * (count - 1))] / 1e6;
    }
}
