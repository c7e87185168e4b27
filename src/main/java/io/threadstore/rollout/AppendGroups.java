package io.threadstore.rollout;

import io.agroal.api.AgroalDataSource;
import io.threadstore.platform.DatabaseFailures;
import io.threadstore.platform.NetworkTimeouts;
import io.threadstore.thread.PersistenceMode;
import io.threadstore.thread.ThreadId;
import io.threadstore.writer.WriterSettings;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.PersistenceException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Appends that wait at the same time share a database transaction, whatever their threads and tenants: one locking select, one batch
 * of inserts, one of updates, one commit. There is no timer: what comes while a committer is free is committed at once, with all that is there, and what comes
 * meanwhile forms the next group. Two groups are in hand at most, never with the same agent's thread. Callers wait in no thread unless they want to.
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

    /** How many groups are in hand at once: while one waits for the disk, another is stored. */
    private static final int COMMITTERS = 2;

    /** How long a committer that has nothing to do keeps its connection. */
    private static final long LINGER_MILLIS = 1000;

    private final AgroalDataSource dataSource;
    private final AppendRows rows;
    private final ThreadSummarizer summarizer;
    private final WriterSettings settings;
    private final Clock clock;

    /** Guards the queue, the busy threads and the number of committers. */
    private final Object monitor = new Object();

    private final Deque<Waiting> queue = new ArrayDeque<>();

    /** The agents' threads that a group in hand appends to; what else comes for them waits, because they are locked. */
    private final Set<AppendRows.Key> busy = new HashSet<>();

    private final ExecutorService committers = Executors.newCachedThreadPool(task -> new Thread(task, "append-groups"));
    private int committing;
    private int idle;
    private boolean stopped;

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

    /** What waits is still committed; what comes now goes alone. */
    @PreDestroy
    void stop() {
        synchronized (monitor) {
            stopped = true;
            monitor.notifyAll();
        }
        committers.shutdown();
    }

    /**
     * Appends in a shared transaction, while the caller's thread does something else.
     *
     * @return what was stored; empty if this append has to go alone, and nothing is stored then. It is completed on the thread that
     *     commits, which must not be kept
     */
    CompletionStage<Optional<Stored>> offer(
            String tenant, ThreadId threadId, @Nullable Long epoch, AppendItems append) {
        var waiting = new Waiting(new AppendRows.Key(tenant, threadId), epoch, append, tokenUsage(append));
        if (waiting.hasToGoAlone()) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        synchronized (monitor) {
            if (stopped) {
                return CompletableFuture.completedFuture(Optional.empty());
            }
            queue.add(waiting);
            if (idle > 0) {
                monitor.notify();
            } else if (committing < COMMITTERS) {
                committing++;
                committers.execute(this::commitAll);
            }
        }
        return waiting.answer;
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

    /** Commits one group after the other, until nothing has come for a while. The connection is kept meanwhile. */
    private void commitAll() {
        try (var connections = new Held(dataSource)) {
            for (var group = next(); !group.isEmpty(); group = next()) {
                try {
                    commit(connections, group);
                } catch (Throwable e) {
                    group.forEach(each -> each.fail(e));
                }
                synchronized (monitor) {
                    group.forEach(each -> busy.remove(each.key));
                }
                group.forEach(Waiting::end);
            }
        }
    }

    /** The next group; empty if this thread is to end. */
    private List<Waiting> next() {
        synchronized (monitor) {
            var deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LINGER_MILLIS);
            for (var group = take(); ; group = take()) {
                var left = (deadline - System.nanoTime()) / 1_000_000;
                if (!group.isEmpty() || stopped || left <= 0) {
                    if (group.isEmpty()) {
                        committing--;
                    }
                    return group;
                }
                idle++;
                try {
                    monitor.wait(left);
                } catch (InterruptedException e) {
                    stopped = true; // nobody interrupts it but who ends the service
                } finally {
                    idle--;
                }
            }
        }
    }

    private List<Waiting> take() {
        var group = new ArrayList<Waiting>();
        var bytes = 0L;
        for (var each = queue.iterator(); each.hasNext() && group.size() < GROUP_APPENDS; ) {
            var next = each.next();
            if (busy.contains(next.key)) {
                continue;
            }
            if (!group.isEmpty() && bytes + next.bytes > GROUP_BYTES) {
                break;
            }
            group.add(next);
            each.remove();
            bytes += next.bytes;
        }
        group.forEach(each -> busy.add(each.key));
        return group;
    }

    private void commit(Held connections, List<Waiting> group) {
        var sent = false;
        try {
            var connection = connections.get();
            if (store(connection, group)) {
                sent = true;
                connection.commit();
            } else {
                connection.rollback();
            }
        } catch (SQLException | RuntimeException e) {
            // before what the rollback may say is added to it
            var isRolledBack = DatabaseFailures.isLostRace(e);
            connections.drop(e);
            if (sent && !isRolledBack) {
                throw new PersistenceException("the outcome of a commit is unknown", e);
            }
            LOG.debugf(e, "a group of appends is taken apart: size=%d", group.size());
            group.forEach(Waiting::goAlone);
        } catch (Error e) {
            connections.drop(e);
            throw e;
        }
    }

    /** Stores what is plain. Returns whether that is anything. */
    private boolean store(Connection connection, List<Waiting> group) throws SQLException {
        var found = rows.lock(
                connection, group.stream().map(each -> each.key).distinct().toList());
        var now = clock.millis();
        var any = false;
        try (var insertion = new ItemInsertion(connection)) {
            for (var waiting : group) {
                var row = found.get(waiting.key);
                if (row != null && waiting.isPlainFor(row)) {
                    var kept = waiting.keptBy(row.mode());
                    var first = row.grow(kept.size(), waiting.keptBytes, waiting.tokenUsage);
                    for (var i = 0; i < kept.size(); i++) {
                        insertion.add(row.key(), first + i, now, kept.get(i));
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

    /** A connection that begins a transaction by itself, taken when it is needed. */
    private static final class Held implements AutoCloseable {

        private final AgroalDataSource dataSource;
        private @Nullable Connection connection;

        Held(AgroalDataSource dataSource) {
            this.dataSource = dataSource;
        }

        Connection get() throws SQLException {
            var held = connection;
            if (held == null) {
                held = dataSource.getConnection();
                connection = held;
                NetworkTimeouts.set(held, PATIENCE_MILLIS);
                held.setAutoCommit(false);
            }
            return held;
        }

        /** Rolls back, and gives it back; the pool finds out whether it is still good. */
        void drop(Throwable cause) {
            try {
                if (connection != null) {
                    connection.rollback();
                }
            } catch (SQLException e) {
                cause.addSuppressed(e); // the connection is gone, and the server rolls back
            }
            close();
        }

        @Override
        public void close() {
            var held = connection;
            connection = null;
            if (held != null) {
                try (held) {
                    held.setAutoCommit(true);
                } catch (SQLException e) {
                    LOG.debugf(e, "a connection is given back that is gone");
                }
            }
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

        private final CompletableFuture<Optional<Stored>> answer = new CompletableFuture<>();
        private final AppendRows.Key key;
        private final @Nullable Long epoch;
        private final AppendItems append;
        private final @Nullable String tokenUsage;
        private final long bytes;
        private long keptBytes;
        private @Nullable Stored stored;
        private @Nullable Throwable failure;

        Waiting(AppendRows.Key key, @Nullable Long epoch, AppendItems append, @Nullable String tokenUsage) {
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
            if (failure != null) {
                answer.completeExceptionally(failure);
            } else {
                answer.complete(Optional.ofNullable(stored));
            }
        }
    }
}
