package io.threadstore.rollout;

import io.agroal.api.AgroalDataSource;
import io.quarkus.runtime.Startup;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.DatabaseFailures;
import io.threadstore.platform.Reserved;
import io.threadstore.platform.Supervised;
import io.threadstore.platform.Supervisor;
import io.threadstore.thread.ThreadId;
import io.threadstore.writer.WriterSettings;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.persistence.PersistenceException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Appends that wait at the same time share a database transaction, whatever their threads and tenants: one locking
 * select, one batch of inserts, one of updates, one commit. There is no timer: what comes while a committer is free is
 * committed at once, with all that is there, and what comes meanwhile forms the next group. At most two groups of small
 * appends are committed at once, one of large ones, and one for a locked thread; never two with the same agent's
 * thread. Callers wait in no thread unless they want to.
 *
 * <p>Only plain appends are taken: to a live thread, by its current writer, at the expected ordinal, of items that say
 * nothing to the thread's summary but its token usage. All others are left to {@link LoneAppendService}, which knows
 * every case; so no append can fail its neighbours, or make them wait for somebody else's lock. Where a group fails
 * before its commit, nothing of it is stored, and each of its appends goes alone. Where the commit itself is not
 * answered, the outcome is unknown, and all of its callers are told so.
 *
 * <p>Every wait is bounded. An append that no committer takes within {@value #QUEUE_SECONDS} s fails, and nothing of it
 * is stored. A group that takes longer
 * than {@value #GROUP_SECONDS} s has its connection cut; after {@value #STUCK_SECONDS} s its callers are told that the
 * outcome is unknown, and liveness is DOWN. Where no committer's thread can be created, appends go alone.
 */
@Startup // liveness reports it from the start
@ApplicationScoped
class AppendGroups implements Supervised {

    private static final Logger LOG = Logger.getLogger(AppendGroups.class);

    /** How large a group may become. */
    private static final int GROUP_APPENDS = 128;

    private static final long GROUP_BYTES = 4 * 1024 * 1024;

    /** Appends from this size on don't share groups with smaller ones, which would wait for them. */
    static volatile long LARGE_BYTES = 64 * 1024;

    static volatile long LARGE_GROUP = 4 * 1024 * 1024;

    /** An append that is larger goes alone. */
    private static final long MAX_BYTES = GROUP_BYTES / 2;

    /** How many groups of small appends are committed at once: while one waits for the disk, another is stored. */
    private static final int COMMITTERS = 2;

    /** How long a committer of small appends that has nothing to do keeps its connection. */
    private static final long LINGER_MILLIS = 1000;

    /** How long a committer waits in the database for one locked thread. */
    private static final int LOCK_WAIT_MILLIS = 300;

    /** How many locked threads are waited for, one after the other; the appends to others go alone. */
    private static final int MAX_LOCKED = 4;

    static final int QUEUE_SECONDS = 15;
    static final int GROUP_SECONDS = 20;
    static final int STUCK_SECONDS = 30;

    /** Which appends a committer takes. */
    private enum Lane {
        SMALL,
        LARGE,
        /** Those to one thread that somebody else has locked. */
        LOCKED
    }

    private final AgroalDataSource dataSource;
    private final AppendRows rows;
    private final ThreadSummarizer summarizer;
    private final WriterSettings settings;
    private final Clock clock;
    private final Supervisor supervisor;
    private final ExecutorService threads;

    /** Guards the queue, the threads that are busy or locked, and the committers. */
    private final Object monitor = new Object();

    private final Deque<PendingAppend> queue = new ArrayDeque<>();
    private int queuedLarge;

    /** The agents' threads that a running group appends to; what else comes for them waits, because they are locked. */
    private final Set<AppendRows.Key> busy = new HashSet<>();

    /** The agents' threads with queued appends that somebody else has locked, the first first. */
    private final Set<AppendRows.Key> locked = new LinkedHashSet<>();

    /** All whose threads have been asked for and have not ended. */
    private final List<Committer> committers = new ArrayList<>();

    private int idle;
    private boolean stopped;

    /** Since when the first append waited that no committer took in time; null again once one takes appends. */
    private @Nullable Long unservedSince;

    @Inject
    AppendGroups(
            @Reserved AgroalDataSource dataSource,
            AppendRows rows,
            ThreadSummarizer summarizer,
            WriterSettings settings,
            Clock clock,
            Supervisor supervisor) {
        this(
                dataSource,
                rows,
                summarizer,
                settings,
                clock,
                supervisor,
                Executors.newCachedThreadPool(task -> new Thread(task, "append-groups")));
    }

    /** @param threads where committers run; at most five at once */
    AppendGroups(
            AgroalDataSource dataSource,
            AppendRows rows,
            ThreadSummarizer summarizer,
            WriterSettings settings,
            Clock clock,
            Supervisor supervisor,
            ExecutorService threads) {
        this.dataSource = dataSource;
        this.rows = rows;
        this.summarizer = summarizer;
        this.settings = settings;
        this.clock = clock;
        this.supervisor = supervisor;
        this.threads = threads;
    }

    @PostConstruct
    void start() {
        supervisor.supervise(this);
    }

    /** What waits is still committed; what comes now goes alone. */
    @PreDestroy
    void stop() {
        synchronized (monitor) {
            stopped = true;
            monitor.notifyAll();
        }
        threads.shutdown();
    }

    /**
     * Appends in a shared transaction, while the caller's thread does something else.
     *
     * @return what was stored; empty if this append has to go alone, and nothing is stored then. It is completed on
     *     another thread,
     *     which must not be kept. It fails with {@link ErrorKind#UNAVAILABLE} if the append waited too long, and
     * nothing is stored
     *     then; with any other failure the outcome is unknown, unless the message says otherwise
     */
    CompletionStage<Optional<Stored>> offer(
            String tenant, ThreadId threadId, @Nullable Long epoch, AppendItems append) {
        var pending = new PendingAppend(new AppendRows.Key(tenant, threadId), epoch, append, tokenUsage(append));
        if (pending.bytes() > MAX_BYTES || pending.saysMoreThanUsage()) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        List<PendingAppend> alone;
        synchronized (monitor) {
            if (stopped) {
                return CompletableFuture.completedFuture(Optional.empty());
            }
            queue.add(pending);
            if (isLarge(pending)) {
                queuedLarge++;
            }
            alone = startIfNeeded(isLarge(pending) ? Lane.LARGE : Lane.SMALL);
        }
        alone.forEach(PendingAppend::goAlone);
        return pending.answer();
    }

    private static boolean isLarge(PendingAppend pending) {
        return pending.bytes() >= LARGE_BYTES;
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

    /**
     * Sees to it that a committer takes what a lane has; called with the monitor held.
     *
     * @return the appends that must go alone, because no committer could be started and none is running
     */
    private List<PendingAppend> startIfNeeded(Lane lane) {
        if (lane == Lane.SMALL && idle > 0) {
            monitor.notify();
            return List.of();
        }
        if (running(lane) >= (lane == Lane.SMALL ? COMMITTERS : 1)) {
            return List.of();
        }
        Committer committer = null;
        try {
            committer = new Committer(lane);
            committers.add(committer);
            threads.execute(committer);
            return List.of();
        } catch (RuntimeException | Error e) { // no thread can be created, or the service is stopping
            committers.remove(committer);
            return abandon(lane, e);
        }
    }

    private int running(Lane lane) {
        var count = 0;
        for (var committer : committers) {
            if (committer.lane == lane) {
                count++;
            }
        }
        return count;
    }

    /**
     * Starts what is needed after a change of {@link #busy}, {@link #locked} or the committers; called with the monitor
     * held.
     */
    private List<PendingAppend> startAllNeeded() {
        var alone = new ArrayList<PendingAppend>();
        if (queue.size() > queuedLarge) {
            alone.addAll(startIfNeeded(Lane.SMALL));
        }
        if (queuedLarge > 0) {
            alone.addAll(startIfNeeded(Lane.LARGE));
        }
        if (!locked.isEmpty()) {
            alone.addAll(startIfNeeded(Lane.LOCKED));
        }
        return alone;
    }

    /** Removes from the queue what no committer will take; called with the monitor held. */
    private List<PendingAppend> abandon(Lane lane, Throwable cause) {
        if (running(lane) > 0) {
            return List.of();
        }
        var abandoned = dequeue(pending -> switch (lane) {
            case SMALL -> !isLarge(pending);
            case LARGE -> isLarge(pending);
            case LOCKED -> locked.contains(pending.key());
        });
        if (lane == Lane.LOCKED) {
            locked.clear();
        }
        if (!abandoned.isEmpty()) {
            LOG.warnf("appends go alone, as nothing can commit them together: appends=%d", abandoned.size());
            LOG.debug("the reason", cause);
        }
        return abandoned;
    }

    /** Removes from the queue; called with the monitor held. */
    private List<PendingAppend> dequeue(Predicate<PendingAppend> which) {
        var removed = new ArrayList<PendingAppend>(queue.size());
        for (var each = queue.iterator(); each.hasNext(); ) {
            var pending = each.next();
            if (which.test(pending)) {
                removed.add(pending);
                each.remove();
                queuedLarge -= isLarge(pending) ? 1 : 0;
            }
        }
        return removed;
    }

    @Override
    public String name() {
        return "appends";
    }

    @Override
    public long stuckMillis() {
        var now = System.nanoTime();
        synchronized (monitor) {
            var oldest = now;
            var head = queue.peekFirst();
            if (head != null) {
                oldest = head.since();
            }
            var unserved = unservedSince;
            if (unserved != null && unserved - oldest < 0) {
                oldest = unserved;
            }
            for (var committer : committers) {
                if (committer.isCommitting && committer.since - oldest < 0) {
                    oldest = committer.since;
                }
            }
            return TimeUnit.NANOSECONDS.toMillis(now - oldest);
        }
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
        var late = new ArrayList<PendingAppend>();
        var unknown = new ArrayList<PendingAppend>();
        var slow = new ArrayList<Committer>();
        List<PendingAppend> alone;
        synchronized (monitor) {
            late.addAll(dequeue(pending -> now - pending.since() >= TimeUnit.SECONDS.toNanos(QUEUE_SECONDS)));
            if (!late.isEmpty() && unservedSince == null) {
                unservedSince = late.get(0).since();
            }
            for (var committer : committers) {
                var age = committer.isCommitting ? now - committer.since : 0;
                if (age >= TimeUnit.SECONDS.toNanos(GROUP_SECONDS) && !committer.isCut) {
                    committer.isCut = true;
                    slow.add(committer);
                }
                if (age >= TimeUnit.SECONDS.toNanos(STUCK_SECONDS)) {
                    unknown.addAll(committer.group);
                }
            }
            // also with an empty queue: a committer that can be started is the proof that appends are taken again
            alone = unservedSince == null ? startAllNeeded() : startIfNeeded(Lane.SMALL);
        }
        late.forEach(pending -> pending.fail(ThreadStoreException.of(
                ErrorKind.UNAVAILABLE,
                "the append waited " + QUEUE_SECONDS + " s for its turn; nothing is stored, try again later")));
        unknown.forEach(pending -> pending.fail(outcomeUnknown(null)));
        alone.forEach(PendingAppend::goAlone);
        slow.forEach(Committer::cutSoon);
    }

    /** A failure of an append that may have been stored. */
    static ThreadStoreException outcomeUnknown(@Nullable Throwable cause) {
        var message =
                "the database did not confirm the append in time; its outcome is unknown, and trying it again with"
                        + " expected_ordinal is safe";
        return cause == null
                ? ThreadStoreException.of(ErrorKind.UNAVAILABLE, message)
                : ThreadStoreException.of(ErrorKind.UNAVAILABLE, message, cause);
    }

    /**
     * An append that is committed.
     *
     * @param bytes of the items that were stored
     */
    record Stored(AppendResult result, long bytes) {}

    /** What a failure in the middle of a group means. */
    private enum Phase {
        /** Nothing of the group is stored. */
        OPEN,
        /** The commit was sent, and not answered. */
        SENT,
        /** The group is committed, or had nothing to commit. */
        DONE
    }

    /**
     * Commits one group of a lane after the other, until nothing has come for a while. The connection is kept
     * meanwhile.
     */
    private final class Committer implements Runnable {

        private final Lane lane;
        private final CommitConnection connections = new CommitConnection(dataSource);

        /**
         * Guarded by the monitor where others see it: this committer's thread alone changes it, and only with the
         * monitor held.
         */
        private final List<PendingAppend> group = new ArrayList<>(GROUP_APPENDS);

        private boolean isCommitting;
        private boolean isCut;
        private long since;

        private Phase phase = Phase.OPEN;
        private @Nullable Throwable failure;

        Committer(Lane lane) {
            this.lane = lane;
        }

        @Override
        public void run() {
            try (connections) {
                while (next()) {
                    try {
                        commit();
                    } finally {
                        release();
                    }
                }
            } catch (Throwable e) { // an Error, at any place
                die(e);
            }
        }

        /** Takes the next group; false if this committer is to end, which others know then. */
        private boolean next() {
            synchronized (monitor) {
                var deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LINGER_MILLIS);
                while (true) {
                    take();
                    unservedSince = null;
                    if (!group.isEmpty()) {
                        isCommitting = true;
                        isCut = false;
                        since = System.nanoTime();
                        return true;
                    }
                    var left = lane == Lane.SMALL ? (deadline - System.nanoTime()) / 1_000_000 : 0;
                    if (stopped || left <= 0) {
                        committers.remove(this);
                        return false;
                    }
                    idle++;
                    try {
                        monitor.wait(left);
                    } catch (InterruptedException e) {
                        deadline = System.nanoTime(); // nothing interrupts it but the end of the service
                    } finally {
                        idle--;
                    }
                }
            }
        }

        private void take() {
            phase = Phase.OPEN;
            failure = null;
            if (lane != Lane.LOCKED) {
                take(null);
            }
            while (lane == Lane.LOCKED && group.isEmpty() && !locked.isEmpty()) {
                var first = locked.iterator().next();
                locked.remove(first);
                take(first);
            }
        }

        /** @param only the one thread whose appends are taken, whatever their size; null for all that are free */
        private void take(AppendRows.@Nullable Key only) {
            Set<AppendRows.Key> passedOver = null;
            var bytes = 0L;
            for (var each = queue.iterator(); each.hasNext() && group.size() < GROUP_APPENDS; ) {
                var pending = each.next();
                var key = pending.key();
                if (only == null
                        ? busy.contains(key) || locked.contains(key) || passedOver != null && passedOver.contains(key)
                        : !only.equals(key)) {
                    continue;
                }
                if (only == null && isLarge(pending) != (lane == Lane.LARGE)) {
                    // what comes later for the same thread must not overtake it
                    passedOver = passedOver == null ? new HashSet<>() : passedOver;
                    passedOver.add(key);
                    continue;
                }
                if (!group.isEmpty() && bytes + pending.bytes() > GROUP_BYTES) {
                    break;
                }
                pending.begin();
                each.remove();
                group.add(pending); // has room: nothing can fail in between
                queuedLarge -= isLarge(pending) ? 1 : 0;
                bytes += pending.bytes();
            }
            for (var pending : group) {
                busy.add(pending.key());
            }
        }

        private void commit() {
            try {
                var connection = connections.get();
                var isOurs = lane != Lane.LOCKED
                        || rows.await(connection, group.get(0).key(), LOCK_WAIT_MILLIS);
                if (isOurs && store(connection)) {
                    phase = Phase.SENT;
                    connection.commit();
                } else {
                    connection.rollback();
                }
                connections.settle();
                phase = Phase.DONE;
            } catch (SQLException | RuntimeException e) {
                if (DatabaseFailures.isLostRace(e)) {
                    phase = Phase.OPEN;
                }
                failure = e;
                // may add to the failure what the rollback says
                connections.drop(e);
                LOG.debugf(e, "a group of appends is taken apart: size=%d", group.size());
            } catch (Error e) {
                failure = e;
                connections.drop(e);
                LOG.errorf(e, "a group of appends failed: size=%d", group.size());
            }
        }

        /** Stores what is plain. Returns whether that is anything. */
        private boolean store(Connection connection) throws SQLException {
            var found = rows.lock(
                    connection,
                    group.stream().map(PendingAppend::key).distinct().toList());
            var now = clock.millis();
            var any = false;
            var missing = false;
            try (var insertion = new ItemInsertion(connection)) {
                for (var pending : group) {
                    var row = found.get(pending.key());
                    missing |= row == null;
                    if (row != null && pending.isPlainFor(row)) {
                        var kept = pending.keptBy(row.mode());
                        var first = row.grow(kept.size(), pending.keptBytes(), pending.tokenUsage());
                        for (var i = 0; i < kept.size(); i++) {
                            insertion.add(row.key(), first + i, now, kept.get(i));
                        }
                        pending.store(first, kept.size());
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
                        found.values().stream()
                                .filter(row -> row.newAppends() > 0)
                                .toList(),
                        now,
                        settings.lease().toMillis());
            }
            if (missing && lane != Lane.LOCKED) {
                var unlocked = rows.find(
                        connection,
                        group.stream()
                                .map(PendingAppend::key)
                                .filter(key -> !found.containsKey(key))
                                .distinct()
                                .toList());
                group.stream()
                        .filter(pending -> unlocked.containsKey(pending.key()))
                        .forEach(PendingAppend::foundLocked);
            }
            return any;
        }

        /** Ends the group: answers its appends, or has those to locked threads wait for another group. */
        private void release() {
            List<PendingAppend> alone = List.of();
            synchronized (monitor) {
                leave();
                if (phase == Phase.DONE) {
                    requeueLocked();
                }
                if (lane != Lane.SMALL || queuedLarge > 0 || !locked.isEmpty()) {
                    alone = startAllNeeded();
                }
            }
            group.forEach(this::answer);
            group.clear();
            alone.forEach(PendingAppend::goAlone);
        }

        private void leave() {
            isCommitting = false;
            for (var pending : group) {
                busy.remove(pending.key());
            }
        }

        private void requeueLocked() {
            for (var i = group.size() - 1; i >= 0; i--) {
                var pending = group.get(i);
                if (pending.isLocked() && (locked.contains(pending.key()) || locked.size() < MAX_LOCKED)) {
                    locked.add(pending.key());
                    queue.addFirst(pending);
                    queuedLarge += isLarge(pending) ? 1 : 0;
                    group.remove(i);
                }
            }
        }

        private void answer(PendingAppend pending) {
            switch (phase) {
                case DONE -> pending.end();
                case OPEN -> pending.goAlone();
                case SENT -> {
                    if (pending.isStored()) {
                        pending.fail(
                                failure instanceof Exception
                                        ? new PersistenceException("the outcome of a commit is unknown", failure)
                                        : outcomeUnknown(failure));
                    } else {
                        pending.goAlone();
                    }
                }
            }
        }

        /** Nothing that waits for this committer may wait for ever. The next append starts another one. */
        private void die(Throwable cause) {
            synchronized (monitor) {
                leave();
                committers.remove(this);
            }
            group.forEach(this::answer);
            var alone = new ArrayList<PendingAppend>();
            synchronized (monitor) {
                alone.addAll(abandon(lane, cause));
                alone.addAll(startAllNeeded());
            }
            alone.forEach(PendingAppend::goAlone);
            LOG.errorf(cause, "a committer of appends died");
        }

        /** Ends a group that takes too long: its statement fails. In another thread, because that may take seconds. */
        private void cutSoon() {
            try {
                threads.execute(this::cut);
            } catch (RuntimeException | Error e) { // the next check tries again
                synchronized (monitor) {
                    isCut = false;
                }
                throw e;
            }
        }

        private void cut() {
            synchronized (monitor) {
                if (!isCommitting || !isCut) {
                    return;
                }
            }
            LOG.warnf("a group of appends takes longer than %d s: its connection is cut", GROUP_SECONDS);
            connections.abort();
        }
    }
}
