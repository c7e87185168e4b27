package io.threadstore.testsupport;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Callers that all begin at once, with real threads. */
public final class Together {

    private Together() {}

    /** What one caller does. */
    @FunctionalInterface
    public interface Call<T> {
        T run(int caller) throws Exception;
    }

    /** Runs the call by so many callers; their results, or the first failure. */
    public static <T> List<T> together(int callers, Call<T> call) throws Exception {
        var pool = Executors.newFixedThreadPool(callers);
        try {
            var start = new CountDownLatch(1);
            var running = new ArrayList<Future<T>>();
            for (var i = 0; i < callers; i++) {
                var caller = i;
                Callable<T> task = () -> {
                    start.await();
                    return call.run(caller);
                };
                running.add(pool.submit(task));
            }
            start.countDown();
            var results = new ArrayList<T>();
            for (var future : running) {
                results.add(future.get());
            }
            return results;
        } finally {
            pool.shutdownNow();
        }
    }
}
