package io.threadstore.rollout;

import io.quarkus.runtime.Startup;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.Supervised;
import io.threadstore.platform.Supervisor;
import jakarta.annotation.PostConstruct;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Looks threads up for appends that are dropped, which need nothing else. Those that wait at the same time share a statement, as those that
 * store something share a commit (docs/adr/0009-appends-share-commits.md); no look-up waits for others to come. A look-up
 * that waits longer than {@value #QUEUE_SECONDS} s fails, and so does one that the database does not answer for {@value
 * #STUCK_SECONDS} s.
 */
@Startup // liveness reports it from the start
@ApplicationScoped
class RowLookUps implements Supervised {

    /** How many statements run at once. */
    private static final int AT_ONCE = 2;

    private static final int MOST_THREADS = 64;

    static final int QUEUE_SECONDS = 15;
    static final int STUCK_SECONDS = 30;

    private final AppendRows rows;
    private final Supervisor supervisor;
    private final Executor executor;
    private final Queue<Waiting> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger workers = new AtomicInteger();

    /** Those that a statement has been sent for. */
    private final Queue<List<Waiting>> asked = new ConcurrentLinkedQueue<>();

    @Inject
    RowLookUps(AppendRows rows, Supervisor supervisor) {
        this(rows, supervisor, Infrastructure.getDefaultWorkerPool());
    }

    RowLookUps(AppendRows rows, Supervisor supervisor, Executor executor) {
        this.rows = rows;
        this.supervisor = supervisor;
        this.executor = executor;
    }

    @PostConstruct
    void start() {
        supervisor.supervise(this);
    }

    /** A live thread, as it is when it is looked up; empty if there is none, or no writer. Fails as the database does. */
    CompletionStage<Optional<AppendRow>> find(AppendRows.Key key) {
        var waiting = new Waiting(key, System.nanoTime(), new CompletableFuture<>());
        queue.add(waiting);
        workIfNoneDoes();
        return waiting.row();
    }

    private void workIfNoneDoes() {
        if (queue.isEmpty() || workers.getAndUpdate(now -> Math.min(now + 1, AT_ONCE)) >= AT_ONCE) {
            return;
        }
        try {
            executor.execute(this::work);
        } catch (RuntimeException | Error e) { // no thread can be created, or the service is stopping
            if (workers.decrementAndGet() == 0) {
                for (var waiting = queue.poll(); waiting != null; waiting = queue.poll()) {
                    waiting.row().completeExceptionally(e);
                }
            }
        }
    }

    private void work() {
        try {
            var group = new ArrayList<Waiting>(MOST_THREADS);
            try {
                for (var waiting = queue.poll(); waiting != null; waiting = queue.poll()) {
                    group.add(waiting);
                    if (group.size() == MOST_THREADS || queue.isEmpty()) {
                        lookUp(group);
                        group.clear();
                    }
                }
                lookUp(group);
            } catch (Throwable e) {
                // no caller may wait for ever
                group.forEach(waiting -> waiting.row().completeExceptionally(e));
            }
        } finally {
            workers.decrementAndGet();
            // what came since the queue was seen empty
            workIfNoneDoes();
        }
    }

    private void lookUp(List<Waiting> taken) {
        if (taken.isEmpty()) {
            return;
        }
        var group = List.copyOf(taken);
        Map<AppendRows.Key, AppendRow> found;
        asked.add(group);
        try {
            found = rows.find(group.stream().map(Waiting::key).distinct().toList());
        } catch (RuntimeException | Error e) {
            group.forEach(waiting -> waiting.row().completeExceptionally(e));
            return;
        } finally {
            asked.remove(group);
        }
        group.forEach(waiting -> waiting.row().complete(Optional.ofNullable(found.get(waiting.key()))));
    }

    @Override
    public String name() {
        return "look-ups";
    }

    @Override
    public long stuckMillis() {
        var now = System.nanoTime();
        var head = queue.peek();
        var age = head == null ? 0 : now - head.since();
        for (var group : asked) {
            age = Math.max(age, now - group.get(0).since());
        }
        return TimeUnit.NANOSECONDS.toMillis(age);
    }

    @Override
    public long stuckLimitMillis() {
        return TimeUnit.SECONDS.toMillis(STUCK_SECONDS);
    }

    @Override
    public void enforceLimits() {
        enforceLimits(System.nanoTime());
    }

    void enforceLimits(long now) {
        for (var group : asked) {
            if (now - group.get(0).since() >= TimeUnit.SECONDS.toNanos(STUCK_SECONDS)) {
                group.forEach(RowLookUps::giveUp);
            }
        }
        var isHead = true;
        for (var each = queue.iterator(); each.hasNext(); ) {
            var waiting = each.next();
            if (now - waiting.since() < TimeUnit.SECONDS.toNanos(QUEUE_SECONDS)) {
                break;
            }
            giveUp(waiting);
            if (!isHead) { // the head stays, answered, until a worker takes it: its age says how long none has
                each.remove();
            }
            isHead = false;
        }
        workIfNoneDoes();
    }

    private static void giveUp(Waiting waiting) {
        waiting.row()
                .completeExceptionally(ThreadStoreException.of(
                        ErrorKind.UNAVAILABLE, "the thread could not be looked up in time; try again later"));
    }

    /** @param since when it came, in nanoseconds of {@link System#nanoTime} */
    private record Waiting(AppendRows.Key key, long since, CompletableFuture<Optional<AppendRow>> row) {}
}
