package io.threadstore.benchmark;

import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Clients that each do one thing after the other, as fast as it is answered. */
final class Load {

    private Load() {}

    /** What one client does again and again. */
    interface Client extends AutoCloseable {

        void doOnce() throws Exception;

        @Override
        void close() throws IOException, SQLException;
    }

    /** A client by its number. */
    @FunctionalInterface
    interface Clients {
        Client open(int number) throws Exception;
    }

    /**
     * What a round has shown.
     *
     * @param perSecond how often it was done in a second, by all clients together
     * @param p50Millis half of them took at most that long
     * @param p99Millis 99 of 100 took at most that long
     */
    record Round(double perSecond, double p50Millis, double p99Millis) {}

    /** Runs so many clients for some seconds, of which the first are not counted. */
    static Round run(int count, Clients clients, int warmUpSeconds, int seconds) throws Exception {
        var begin = System.nanoTime() + warmUpSeconds * 1_000_000_000L;
        var end = begin + seconds * 1_000_000_000L;
        var pool = Executors.newFixedThreadPool(count);
        try {
            var running = new ArrayList<Future<long[]>>();
            for (var i = 0; i < count; i++) {
                var number = i;
                Callable<long[]> task = () -> {
                    try (var client = clients.open(number)) {
                        return repeat(client, begin, end);
                    }
                };
                running.add(pool.submit(task));
            }
            var taken = new ArrayList<long[]>();
            for (var future : running) {
                taken.add(future.get());
            }
            return summarize(taken, seconds);
        } finally {
            pool.shutdownNow();
        }
    }

    private static long[] repeat(Client client, long begin, long end) throws Exception {
        var nanos = new long[1024];
        var count = 0;
        for (var before = System.nanoTime(); before < end; ) {
            client.doOnce();
            var after = System.nanoTime();
            if (before >= begin) {
                nanos = count == nanos.length ? Arrays.copyOf(nanos, 2 * count) : nanos;
                nanos[count++] = after - before;
            }
            before = after;
        }
        return Arrays.copyOf(nanos, count);
    }

    private static Round summarize(List<long[]> taken, int seconds) {
        var all = taken.stream().flatMapToLong(Arrays::stream).sorted().toArray();
        return new Round((double) all.length / seconds, millis(all, 0.50), millis(all, 0.99));
    }

    private static double millis(long[] sorted, double share) {
        return sorted.length == 0 ? Double.NaN : sorted[(int) (share * (sorted.length - 1))] / 1e6;
    }
}
