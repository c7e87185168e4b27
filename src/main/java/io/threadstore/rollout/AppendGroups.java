package io.threadstore.rollout;

import io.agroal.api.AgroalDataSource;
import io.threadstore.platform.DatabaseFailures;
import io.threadstore.thread.PersistenceMode;
import io.threadstore.thread.ThreadId;
import io.threadstore.writer.WriterSettings;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.PersistenceException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Appends that wait at the same time share a database transaction, whatever their threads and tenants: one locking select, one batch
 * of inserts, one of updates, one commit. There is no timer: who comes while nobody commits has it done at
 * once, for all that are there, and those who come meanwhile form the next group. Who waits in a thread of its own commits there; for those who
 * wait in none, a thread of this class does.
 *
 * <p>Only plain appends are taken: to a live thread that nobody has locked, by its current writer, at the expected ordinal, of items that
 * say nothing to the thread's summary but its token usage. All others are left to {@link LoneAppendService}, which knows every case; so no
 * append can fail its neighbours, or wait for somebody else's lock. Where a group fails before its commit, nothing of it is stored, and each of its appends
 * goes alone. Where the commit itself is not answered, nobody knows, and all of its callers are told so.
 */
@ApplicationScoped
class AppendGroups {

    private static final Logger LOG = Logger.getLogger(AppendGroups.class);

    /** How large a group may become. An append that is larger than half of that goes alone. */
    private static final int GROUP_APPENDS = 128;

    private static final long GROUP_BYTES = 4 * 1024 * 1024;

    /** One connection that is dead and does not say so must not hold up everybody for as long as TCP would. */
    private static final int PATIENCE_MILLIS = 10_000;

    private final AgroalDataSource dataSource;
    private final AppendRows rows;
    private final ThreadSummarizer summarizer;
    private final WriterSettings settings;
    private final Clock clock;

    private final ConcurrentLinkedQueue<Waiting> queue = new ConcurrentLinkedQueue<>();

    /** Held by who commits. One at a time: two were slower, because their groups are smaller, and compete. */
    private final Semaphore committer = new Semaphore(1);

    /** Commits for those who wait in no thread. It ends when nothing has come for a while. */
    private final ExecutorService thread = newThread();

    private final AtomicBoolean called = new AtomicBoolean();

    AppendGroups(
            AgroalDataSource dataSource,
            AppendRows rows,
            ThreadSummarizer summarizer,
            WriterSettings settings,
            Clock clock) {
        this.dataSource = dataSource;
        this.rows = rows;
        this.summarizer = summarizer;
        this.settings = settings;
        this.clock = clock;
    }

    private static ExecutorService newThread() {
        var single = new ThreadPoolExecutor(
                1, 1, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> new Thread(task, "append-groups"));
        single.allowCoreThreadTimeOut(true);
        return single;
    }

    @PreDestroy
    void stop() {
        thread.shutdown();
    }

    /**
     * Appends in a shared transaction, while the caller's thread does something else.
     *
     * @return what was stored; empty if this append has to go alone, and nothing is stored then. It is completed on the thread that
     *     commits, which must not be kept
     */
    CompletionStage<Optional<Stored>> offer(
            String tenant, ThreadId threadId, @Nullable Long epoch, AppendItems append) {
        var waiting = new Waiting(new AppendRows.Key(tenant, threadId), epoch, append, tokenUsage(append), null);
        if (waiting.hasToGoAlone()) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        queue.add(waiting);
        callThread();
        return waiting.answer;
    }

    /** Unless it is called already and has not begun. */
    private void callThread() {
        if (!called.getAndSet(true)) {
            try {
                thread.execute(this::commitAll);
            } catch (RejectedExecutionException e) { // the service stops
                called.set(false);
                for (var next = queue.poll(); next != null; next = queue.poll()) {
                    next.goAlone();
                    next.end();
                }
            }
        }
    }

    private void commitAll() {
        called.set(false);
        // who holds the permit looks at the queue after giving it back
        while (!queue.isEmpty() && committer.tryAcquire()) {
            try {
                commitNext();
            } finally {
                committer.release();
            }
        }
    }

    /**
     * Appends in a shared transaction.
     *
     * @return null if this append has to go alone; nothing is stored then
     */
    @Nullable
    Stored append(String tenant, ThreadId threadId, @Nullable Long epoch, AppendItems append) {
        var waiting = new Waiting(
                new AppendRows.Key(tenant, threadId), epoch, append, tokenUsage(append), Thread.currentThread());
        if (waiting.hasToGoAlone()) {
            return null;
        }
        queue.add(waiting);
        var interrupted = false;
        while (!waiting.done) {
            if (committer.tryAcquire()) {
                try {
                    if (!waiting.done) {
                        commitNext();
                    }
                } finally {
                    committer.release();
                    wakeNext();
                }
            } else {
                LockSupport.park(this);
                // what has been sent can't be called back
                interrupted |= Thread.interrupted();
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return waiting.outcome();
    }

    /** The last that the items tell. */
    private @Nullable String tokenUsage(AppendItems append) {
        String last = null;
        for (var item : append.items()) {
            var told = summarizer.tokenUsage(item);
            last = told == null ? last : told;
        }
        return last;
    }

    /** The eldest of those who wait commits the next group. */
    private void wakeNext() {
        var next = queue.peek();
        if (next != null && next.caller != null) {
            LockSupport.unpark(next.caller);
        } else if (next != null) {
            callThread();
        }
    }

    private void commitNext() {
        var group = new ArrayList<Waiting>();
        var bytes = 0L;
        for (var next = queue.peek();
                next != null && group.size() < GROUP_APPENDS && (group.isEmpty() || bytes + next.bytes <= GROUP_BYTES);
                next = queue.peek()) {
            group.add(queue.remove());
            bytes += next.bytes;
        }
        if (group.isEmpty()) {
            return;
        }
        try {
            commit(group);
        } catch (Throwable e) {
            group.forEach(each -> each.fail(e));
        }
        group.forEach(Waiting::end);
    }

    private void commit(List<Waiting> group) {
        var committing = false;
        try (var connection = dataSource.getConnection()) {
            try {
                connection.setNetworkTimeout(Runnable::run, PATIENCE_MILLIS);
                execute(connection, "START TRANSACTION");
                if (store(connection, group)) {
                    committing = true;
                    execute(connection, "COMMIT");
                } else {
                    execute(connection, "ROLLBACK");
                }
                connection.setNetworkTimeout(Runnable::run, 0);
            } catch (Throwable e) {
                rollBack(connection, e);
                throw e;
            }
        } catch (SQLException | RuntimeException e) {
            if (committing && !DatabaseFailures.isLostRace(e)) {
                throw new PersistenceException("the outcome of a commit is unknown", e);
            }
            LOG.debugf(e, "a group of appends is taken apart: size=%d", group.size());
            group.forEach(Waiting::goAlone);
        }
    }

    /** Stores what is plain. Returns whether that is anything. */
    private boolean store(Connection connection, List<Waiting> group) throws SQLException {
        var found = rows.lock(
                connection, group.stream().map(each -> each.key).distinct().toList());
        var now = clock.millis();
        var any = false;
        try (var insertion = rows.insertion(connection, now)) {
            for (var waiting : group) {
                var row = found.get(waiting.key);
                if (row != null && waiting.isPlainFor(row)) {
                    var kept = waiting.keptBy(row.mode());
                    var first = row.grow(kept.size(), waiting.keptBytes, waiting.tokenUsage);
                    for (var i = 0; i < kept.size(); i++) {
                        insertion.add(row.key(), first + i, kept.get(i));
                    }
                    waiting.store(first, kept.size());
                    any = true;
                }
            }
            if (any) {
                insertion.execute();
            }
        }
        if (any) {
            rows.update(
                    connection,
                    found.values().stream().filter(row -> row.newAppends() > 0).toList(),
                    now,
                    settings.lease().toMillis());
        }
        return any;
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static void rollBack(Connection connection, Throwable cause) {
        try {
            execute(connection, "ROLLBACK");
            connection.setNetworkTimeout(Runnable::run, 0);
        } catch (SQLException e) {
            cause.addSuppressed(e); // the connection is gone, and the server rolls back
        }
    }

    /**
     * An append that is committed.
     *
     * @param bytes of the items that were stored
     */
    record Stored(AppendResult result, long bytes) {}

    /** An append between its caller and whoever commits it. */
    private static final class Waiting {

        private final @Nullable Thread caller;
        private final CompletableFuture<Optional<Stored>> answer = new CompletableFuture<>();
        private final AppendRows.Key key;
        private final @Nullable Long epoch;
        private final AppendItems append;
        private final @Nullable String tokenUsage;
        private final long bytes;
        private long keptBytes;
        private @Nullable Stored stored;
        private @Nullable Throwable failure;

        /** Written last: who sees it sees the rest. */
        private volatile boolean done;

        Waiting(
                AppendRows.Key key,
                @Nullable Long epoch,
                AppendItems append,
                @Nullable String tokenUsage,
                @Nullable Thread caller) {
            this.caller = caller;
            this.tokenUsage = tokenUsage;
            this.key = key;
            this.epoch = epoch;
            this.append = append;
            this.bytes = append.items().stream()
                    .mapToLong(item -> item.text().length())
                    .sum();
        }

        /** Whatever the thread is like. */
        boolean hasToGoAlone() {
            return bytes > GROUP_BYTES / 2
                    || append.items().stream().anyMatch(item -> ThreadSummarizer.saysMoreThanUsage(item, true));
        }

        boolean isPlainFor(AppendRow row) {
            var expected = append.expectedOrdinal();
            return row.isWrittenBy(epoch)
                    && (expected == null || expected == row.nextOrdinal())
                    && append.items().stream()
                            .noneMatch(item -> ThreadSummarizer.saysMoreThanUsage(item, row.hasFirstUserMessage()))
                    && append.items().stream().anyMatch(item -> PersistencePolicy.keeps(row.mode(), item));
        }

        List<RolloutItem> keptBy(PersistenceMode mode) {
            var kept = append.items().stream()
                    .filter(item -> PersistencePolicy.keeps(mode, item))
                    .toList();
            keptBytes = kept.stream().mapToLong(item -> item.text().length()).sum();
            return kept;
        }

        void store(long first, int count) {
            stored = new Stored(
                    new AppendResult(first, first + count, count, append.items().size() - count, false), keptBytes);
        }

        void goAlone() {
            stored = null;
        }

        void fail(Throwable cause) {
            stored = null;
            failure = cause;
        }

        void end() {
            done = true;
            if (caller != null) {
                LockSupport.unpark(caller);
            } else if (failure != null) {
                answer.completeExceptionally(new PersistenceException(failure));
            } else {
                answer.complete(Optional.ofNullable(stored));
            }
        }

        @Nullable
        Stored outcome() {
            if (failure instanceof Error error) {
                throw error;
            }
            if (failure != null) {
                throw new PersistenceException(failure);
            }
            return stored;
        }
    }
}
