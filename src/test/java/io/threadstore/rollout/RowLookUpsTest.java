package io.threadstore.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.agroal.api.AgroalDataSource;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.Supervisor;
import io.threadstore.thread.PersistenceMode;
import io.threadstore.thread.ThreadId;
import java.lang.reflect.Proxy;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** No failure of a look-up or of its threads may lose a worker. */
@Timeout(60)
class RowLookUpsTest {

    private static final int ROUNDS = 5;

    private Runnable beforeFind = () -> {};

    private final AppendRows rows = new AppendRows(nowhere(), new ThreadKeys()) {
        @Override
        Map<Key, AppendRow> find(List<Key> keys) {
            beforeFind.run();
            var found = new HashMap<Key, AppendRow>();
            keys.forEach(key -> found.put(key, new AppendRow(1, 7, false, 1, PersistenceMode.LIMITED, 0)));
            return found;
        }
    };

    @Test
    void threadsCannotBeCreated_lookUpsFailAndLaterOnesSucceed() throws Exception {
        var failures = new ArrayDeque<Throwable>();
        for (var round = 0; round < ROUNDS; round++) {
            failures.add(new OutOfMemoryError("unable to create native thread"));
            failures.add(new RejectedExecutionException("full"));
        }
        var lookUps = lookUps(task -> {
            var failure = failures.poll();
            if (failure instanceof Error e) {
                throw e;
            } else if (failure instanceof RuntimeException e) {
                throw e;
            }
            task.run();
        });

        for (var round = 0; round < 2 * ROUNDS; round++) {
            var found = find(lookUps);
            assertThatThrownBy(() -> done(found)).hasMessageMatching(".*(native thread|full).*");
        }
        assertThat(done(find(lookUps))).isPresent();
    }

    @Test
    void lookUpEndsInAnError_laterOnesSucceed() throws Exception {
        var lookUps = lookUps(Runnable::run);
        beforeFind = () -> {
            throw new OutOfMemoryError("Java heap space");
        };
        for (var round = 0; round < ROUNDS; round++) {
            var found = find(lookUps);
            assertThatThrownBy(() -> done(found)).hasCauseInstanceOf(OutOfMemoryError.class);
        }
        beforeFind = () -> {};
        assertThat(done(find(lookUps))).isPresent();
    }

    @Test
    void nothingRuns_lookUpsFailInTimeAndTheAgeOfTheHeadGrows() throws Exception {
        Queue<Runnable> held = new ArrayDeque<>();
        var lookUps = lookUps(held::add);
        var first = find(lookUps);
        var second = find(lookUps);
        TimeUnit.MILLISECONDS.sleep(2);

        lookUps.enforceLimits(System.nanoTime() + TimeUnit.SECONDS.toNanos(RowLookUps.QUEUE_SECONDS));

        for (var late : List.of(first, second)) {
            assertThatThrownBy(() -> done(late)).hasCauseInstanceOf(ThreadStoreException.class);
        }
        assertThat(lookUps.stuckMillis()).isPositive();
        held.forEach(Runnable::run);
        assertThat(lookUps.stuckMillis()).isZero();
        var later = find(lookUps);
        held.forEach(Runnable::run);
        assertThat(done(later)).isPresent();
    }

    @Test
    void databaseDoesNotAnswer_lookUpFailsInTime() {
        var lookUps = lookUps(Runnable::run);
        beforeFind = () -> {
            lookUps.enforceLimits(System.nanoTime() + TimeUnit.SECONDS.toNanos(RowLookUps.STUCK_SECONDS));
            throw new IllegalStateException("too late");
        };
        var found = find(lookUps);
        assertThatThrownBy(() -> done(found)).hasCauseInstanceOf(ThreadStoreException.class);
    }

    private RowLookUps lookUps(Executor executor) {
        return new RowLookUps(rows, new Supervisor(), executor);
    }

    private static CompletableFuture<Optional<AppendRow>> find(RowLookUps lookUps) {
        return lookUps.find(new AppendRows.Key("default", new ThreadId(UUID.randomUUID())))
                .toCompletableFuture();
    }

    private static <T> T done(CompletableFuture<T> future) throws Exception {
        return future.get(10, TimeUnit.SECONDS);
    }

    private static AgroalDataSource nowhere() {
        return (AgroalDataSource) Proxy.newProxyInstance(
                RowLookUpsTest.class.getClassLoader(), new Class<?>[] {AgroalDataSource.class}, (self, call, with) -> {
                    throw new UnsupportedOperationException(call.getName());
                });
    }
}
