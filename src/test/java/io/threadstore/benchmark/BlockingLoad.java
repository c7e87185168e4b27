package io.threadstore.benchmark;

import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Clients in threads of their own that each do one thing after the other, as fast as it is done. Connector/J knows no other way. */
final class BlockingLoad {

    private BlockingLoad() {}

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

    /** Runs so many clients for some seconds, after others that are not counted. */
    static Round run(Stage stage, int count, Clients clients, int warmUpSeconds, int seconds) throws Exception {
        var begin = System.nanoTime() + warmUpSeconds * 1_000_000_000L;
        var end = begin + seconds * 1_000_000_000L;
        var pool = Executors.newFixedThreadPool(count);
        try {
            var running = new ArrayList<Future<Latencies>>();
            for (var i = 0; i < count; i++) {
                var number = i;
                Callable<Latencies> task = () -> {
                    try (var client = clients.open(number)) {
                        return repeat(client, begin, end);
                    }
                };
                running.add(pool.submit(task));
            }
            Thread.sleep(Math.max(0, (begin - System.nanoTime()) / 1_000_000));
            var before = stage.cpu();
            Thread.sleep(Math.max(0, (end - System.nanoTime()) / 1_000_000));
            var used = stage.cpu().since(before, seconds);
            var taken = new Latencies();
            for (var future : running) {
                taken.addAll(future.get());
            }
            return Round.of(taken, taken.count() / (double) seconds, used, stage.serviceRss());
        } finally {
            pool.shutdownNow();
        }
    }

    private static Latencies repeat(Client client, long begin, long end) throws Exception {
        var taken = new Latencies();
        for (var before = System.nanoTime(); before < end; ) {
            client.doOnce();
            var after = System.nanoTime();
            if (before >= begin && after <= end) {
                taken.add(after - before);
            }
            before = after;
        }
        return taken;
    }
}
