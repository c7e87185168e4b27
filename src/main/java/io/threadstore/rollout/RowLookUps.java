package io.threadstore.rollout;

import io.smallrye.mutiny.infrastructure.Infrastructure;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Looks threads up for appends that are dropped, which need nothing else. Those that wait at the same time share a statement, as those that
 * store something share a commit (docs/adr/0009-appends-share-commits.md); nobody waits for others to come.
 */
@ApplicationScoped
class RowLookUps {

    /** How many statements are in hand at once. */
    private static final int AT_ONCE = 2;

    private static final int MOST_THREADS = 64;

    private final AppendRows rows;
    private final Executor executor;
    private final Queue<Waiting> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger workers = new AtomicInteger();

    RowLookUps(AppendRows rows) {
        this.rows = rows;
        this.executor = Infrastructure.getDefaultWorkerPool();
    }

    /** A live thread, as it is when it is looked up; empty if there is none, or no writer. Fails as the database does. */
    CompletionStage<Optional<AppendRow>> find(AppendRows.Key key) {
        var waiting = new Waiting(key, new CompletableFuture<>());
        queue.add(waiting);
        workIfNobodyDoes();
        return waiting.row();
    }

    private void workIfNobodyDoes() {
        if (queue.isEmpty() || workers.getAndUpdate(now -> Math.min(now + 1, AT_ONCE)) >= AT_ONCE) {
            return;
        }
        try {
            executor.execute(this::work);
        } catch (RejectedExecutionException e) {
            workers.decrementAndGet();
            for (var waiting = queue.poll(); waiting != null; waiting = queue.poll()) {
                waiting.row().completeExceptionally(e);
            }
        }
    }

    private void work() {
        var group = new ArrayList<Waiting>();
        for (var waiting = queue.poll(); waiting != null; waiting = queue.poll()) {
            group.add(waiting);
            if (group.size() == MOST_THREADS || queue.isEmpty()) {
                lookUp(group);
                group.clear();
            }
        }
        lookUp(group);
        workers.decrementAndGet();
        // what came since the queue was seen empty
        workIfNobodyDoes();
    }

    private void lookUp(ArrayList<Waiting> group) {
        if (group.isEmpty()) {
            return;
        }
        Map<AppendRows.Key, AppendRow> found;
        try {
            found = rows.find(group.stream().map(Waiting::key).distinct().toList());
        } catch (RuntimeException | Error e) {
            // nobody may wait for ever
            group.forEach(waiting -> waiting.row().completeExceptionally(e));
            return;
        }
        group.forEach(waiting -> waiting.row().complete(Optional.ofNullable(found.get(waiting.key()))));
    }

    private record Waiting(AppendRows.Key key, CompletableFuture<Optional<AppendRow>> row) {}
}
