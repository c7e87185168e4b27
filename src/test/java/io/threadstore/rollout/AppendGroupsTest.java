package io.threadstore.rollout;

import static io.threadstore.testsupport.Together.together;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.agroal.api.AgroalDataSource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.JsonText;
import io.threadstore.platform.Supervisor;
import io.threadstore.testsupport.Items;
import io.threadstore.testsupport.Rest;
import io.threadstore.testsupport.TestDatabase;
import io.threadstore.thread.ThreadId;
import io.threadstore.writer.WriterSettings;
import jakarta.inject.Inject;
import jakarta.persistence.PersistenceException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Groups of appends on the real database, with failures at each place where a committer can be lost. */
@QuarkusTest
@WithTestResource(TestDatabase.class)
@Timeout(120)
class AppendGroupsTest {

    private static final String TENANT = "default";
    private static final int MAX_COMMITTERS = 4;
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    @Inject
    AgroalDataSource dataSource;

    @Inject
    ThreadKeys threadKeys;

    @Inject
    ThreadSummarizer summarizer;

    @Inject
    WriterSettings settings;

    @Inject
    Clock clock;

    @Inject
    ItemReader itemReader;

    private final List<AppendGroups> opened = new CopyOnWriteArrayList<>();

    @AfterEach
    void stopGroups() {
        opened.forEach(AppendGroups::stop);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void noThreadCanBeCreated_appendsGoAloneAndLaterOnesAreGrouped(boolean isMemory) throws Exception {
        var threads = new UnreliableThreads();
        threads.failure = () -> {
            if (isMemory) {
                throw new OutOfMemoryError("unable to create native thread");
            }
            throw new RejectedExecutionException("full");
        };
        var groups = groups(new Rows(), threads);
        var thread = Rest.aThread();

        for (var round = 0; round < 2 * MAX_COMMITTERS; round++) {
            assertThat(done(offer(groups, thread, small()))).isEmpty();
            assertThat(done(offer(groups, thread, large()))).isEmpty();
        }
        threads.failure = () -> {};

        assertThat(done(offer(groups, thread, small()))).isPresent();
        assertThat(done(offer(groups, thread, large()))).isPresent();
        assertThat(Rest.nextOrdinal(thread)).isEqualTo(3);
    }

    /** The connection may be in the middle of a message: it must not be used again. */
    @Test
    void errorBeforeTheCommit_appendsGoAloneAndLaterOnesAreGrouped() throws Exception {
        var rows = new Rows();
        var groups = groups(rows);
        var thread = Rest.aThread();

        for (var round = 0; round < 2 * MAX_COMMITTERS; round++) {
            rows.afterUpdate = () -> {
                throw new StackOverflowError();
            };
            assertThat(done(offer(groups, thread, small()))).isEmpty();
            rows.afterUpdate = () -> {};
            rows.beforeLock = () -> {
                throw new OutOfMemoryError("Java heap space");
            };
            assertThat(done(offer(groups, thread, large()))).isEmpty();
            rows.beforeLock = () -> {};
        }

        assertThat(done(offer(groups, thread, small()))).isPresent();
        assertThat(itemsOf(thread)).isEqualTo(2);
    }

    /** An error outside the handling of failures, which ends the committer's thread. */
    @Test
    void committerDies_appendsGoAloneAndLaterOnesAreGrouped() throws Exception {
        var rows = new Rows();
        var groups = groups(rows);
        var thread = Rest.aThread();

        for (var round = 0; round < 2 * MAX_COMMITTERS; round++) {
            rows.afterUpdate = () -> {
                throw new BadException();
            };
            assertThat(done(offer(groups, thread, small()))).isEmpty();
            rows.afterUpdate = () -> {};
        }

        assertThat(done(offer(groups, thread, small()))).isPresent();
        assertThat(itemsOf(thread)).isEqualTo(2);
    }

    @Test
    void committerIsInterrupted_laterAppendsAreGrouped() throws Exception {
        var committers = new CopyOnWriteArrayList<Thread>();
        var threads = Executors.newCachedThreadPool(task -> {
            var thread = new Thread(task);
            committers.add(thread);
            return thread;
        });
        var groups = groups(new Rows(), threads);
        var thread = Rest.aThread();
        assertThat(done(offer(groups, thread, small()))).isPresent();

        committers.forEach(Thread::interrupt);

        eventually(() -> done(offer(groups, thread, small())).isPresent());
        assertThat(done(offer(groups, thread, small()))).isPresent();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void errorAtTheCommit_outcomeIsUnknown(boolean isCommitted) throws Exception {
        var source = new Source();
        source.onCommit = connection -> {
            if (isCommitted) {
                connection.commit();
            }
            throw new StackOverflowError();
        };
        var groups = groups(source.dataSource(), new Rows(), Executors.newCachedThreadPool());
        var thread = Rest.aThread();

        for (var round = 0; round < 2 * MAX_COMMITTERS; round++) {
            var offered = offer(groups, thread, small());
            assertThatThrownBy(() -> done(offered))
                    .cause()
                    .isInstanceOfSatisfying(
                            ThreadStoreException.class,
                            failure -> assertThat(failure.kind()).isEqualTo(ErrorKind.UNAVAILABLE))
                    .hasMessageContaining("unknown");
        }
        source.onCommit = Connection::commit;

        assertThat(done(offer(groups, thread, small()))).isPresent();
        assertThat(itemsOf(thread)).isEqualTo(isCommitted ? 2 + 2 * MAX_COMMITTERS : 2);
    }

    @Test
    void failureAtTheCommit_outcomeIsUnknown() throws Exception {
        var source = new Source();
        source.onCommit = connection -> {
            connection.commit();
            throw new SQLException("gone", "08000");
        };
        var groups = groups(source.dataSource(), new Rows(), Executors.newCachedThreadPool());

        var offered = offer(groups, Rest.aThread(), small());

        assertThatThrownBy(() -> done(offered)).hasCauseInstanceOf(PersistenceException.class);
    }

    /** The return to auto-commit commits what a connection holds. */
    @Test
    void rollbackFails_nothingIsStored() throws Exception {
        var source = new Source();
        source.onRollback = connection -> {
            throw new SQLException("not now");
        };
        var rows = new Rows();
        rows.afterUpdate = () -> {
            throw new IllegalStateException("after the items have been sent");
        };
        var groups = groups(source.dataSource(), rows, Executors.newCachedThreadPool());
        var thread = Rest.aThread();

        assertThat(done(offer(groups, thread, small()))).isEmpty();

        assertThat(itemsOf(thread)).isEqualTo(1);
        assertThat(Rest.append(thread, Items.agentMessage("alone")).statusCode())
                .isEqualTo(200);
    }

    @Test
    void nothingRuns_appendsFailInTimeAndTheAgeOfTheHeadGrows() throws Exception {
        var threads = new HeldThreads();
        var groups = groups(new Rows(), threads);
        var thread = Rest.aThread();
        assertThat(groups.stuckMillis()).isZero();

        var first = offer(groups, thread, small());
        var second = offer(groups, thread, large());
        eventually(() -> groups.stuckMillis() >= 100);
        groups.enforceLimits(System.nanoTime() + (AppendGroups.QUEUE_SECONDS - 5) * SECOND);
        assertThat(List.of(first, second)).noneMatch(CompletableFuture::isDone);

        groups.enforceLimits(System.nanoTime() + AppendGroups.QUEUE_SECONDS * SECOND);

        for (var late : List.of(first, second)) {
            assertThatThrownBy(() -> done(late))
                    .hasCauseInstanceOf(ThreadStoreException.class)
                    .hasMessageContaining("nothing is stored");
        }
        // the queue is empty, but nothing shows that appends are taken again
        var age = groups.stuckMillis();
        assertThat(age).isGreaterThanOrEqualTo(100);
        eventually(() -> groups.stuckMillis() > age);

        threads.runAll();

        eventually(() -> groups.stuckMillis() == 0);
        assertThat(done(offer(groups, thread, small()))).isPresent();
        assertThat(itemsOf(thread)).isEqualTo(2);
    }

    @Test
    void groupHangs_outcomeIsUnknownAndLivenessSeesIt() throws Exception {
        var rows = new Rows();
        var groups = groups(rows);
        var thread = Rest.aThread();
        var held = new CountDownLatch(1);
        var isInHand = new CountDownLatch(1);
        var connection = new AtomicReference<Connection>();
        rows.sqlBeforeLock = used -> connection.set(used.unwrap(Connection.class));
        rows.afterUpdate = () -> {
            isInHand.countDown();
            awaitQuietly(held);
        };

        var offered = offer(groups, thread, small());
        isInHand.await();
        eventually(() -> groups.stuckMillis() >= 100);
        groups.enforceLimits(System.nanoTime() + (AppendGroups.STUCK_SECONDS - 5) * SECOND);
        assertThat(offered).isNotDone();
        groups.enforceLimits(System.nanoTime() + AppendGroups.STUCK_SECONDS * SECOND);

        assertThatThrownBy(() -> done(offered))
                .hasCauseInstanceOf(ThreadStoreException.class)
                .hasMessageContaining("unknown");
        assertThat(groups.stuckMillis()).isPositive();
        // another thread cuts it
        var cut = connection.get();
        eventually(cut::isClosed);
        rows.sqlBeforeLock = used -> {};
        rows.afterUpdate = () -> {};
        held.countDown();
        eventually(() -> groups.stuckMillis() == 0);
        // the server may still be rolling back what was cut, and holds its locks meanwhile
        eventually(() -> done(offer(groups, thread, small())).isPresent());
        // the connection of the first was cut before its commit
        assertThat(itemsOf(thread)).isEqualTo(2);
    }

    @Test
    void statementHangs_connectionIsCutAndTheAppendGoesAlone() throws Exception {
        var rows = new Rows();
        var groups = groups(rows);
        var thread = Rest.aThread();
        var isInHand = new CountDownLatch(1);
        rows.sqlBeforeLock = connection -> {
            isInHand.countDown();
            try (var sleep = connection.prepareStatement("SELECT SLEEP(100)")) {
                sleep.execute();
            }
        };

        var offered = offer(groups, thread, small());
        isInHand.await();
        groups.enforceLimits(System.nanoTime() + AppendGroups.GROUP_SECONDS * SECOND);

        assertThat(done(offered)).isEmpty();
        rows.sqlBeforeLock = connection -> {};
        assertThat(done(offer(groups, thread, small()))).isPresent();
    }

    /** One replica's group has the thread locked: the other's appends wait for the next group. */
    @Test
    void twoReplicasAppendToOneThread_noneGoesAlone() throws Exception {
        var replicas = List.of(groups(new Rows()), groups(new Rows()));
        var thread = Rest.aThread();
        var callers = 16;
        var rounds = 40;
        var alone = new AtomicInteger();

        var ordinals = together(callers, caller -> {
            var firsts = new ArrayList<Long>();
            for (var round = 0; round < rounds; round++) {
                var stored = done(offer(replicas.get(caller % 2), thread, round % 10 == 0 ? large() : small()));
                stored.ifPresentOrElse(append -> firsts.add(append.result().firstOrdinal()), alone::incrementAndGet);
            }
            return firsts;
        });

        assertThat(alone).hasValue(0);
        for (var firsts : ordinals) {
            assertThat(firsts).isSorted();
        }
        assertThat(ordinals.stream().flatMap(List::stream).sorted().toList())
                .isEqualTo(LongStream.rangeClosed(1, (long) callers * rounds)
                        .boxed()
                        .toList());
        assertThat(itemsOf(thread)).isEqualTo(1 + callers * rounds);
    }

    @Test
    void threadIsLocked_appendWaitsInTheGroupAndOthersGoOn() throws Exception {
        var rows = new Rows();
        var groups = groups(rows);
        var held = Rest.aThread();
        var free = Rest.aThread();
        CompletableFuture<Optional<AppendGroups.Stored>> waiting;
        try (var connection = lock(held)) {
            waiting = offer(groups, held, small());
            eventually(() -> rows.awaited.contains(held));

            for (var round = 0; round < 5; round++) {
                assertThat(done(offer(groups, free, small()))).isPresent();
            }
            assertThat(waiting).isNotDone();
            connection.rollback();
        }
        assertThat(done(waiting)).isPresent();
    }

    @Test
    void threadStaysLocked_appendGoesAlone() throws Exception {
        var rows = new Rows();
        rows.lockWaitMillis = 50;
        var groups = groups(rows);
        var held = Rest.aThread();

        try (var connection = lock(held)) {
            assertThat(done(offer(groups, held, small()))).isEmpty();
            assertThat(rows.awaited).contains(held);
            connection.rollback();
        }
        assertThat(done(offer(groups, held, small()))).isPresent();
    }

    /** What is not there or not live is refused at once. */
    @Test
    void threadIsNotLive_appendGoesAloneWithoutAWait() throws Exception {
        var rows = new Rows();
        var groups = groups(rows);
        var shut = Rest.aThread();
        Rest.post(shut, "writer/shutdown").then().statusCode(200);

        assertThat(done(offer(groups, shut, small()))).isEmpty();
        assertThat(done(offer(groups, UUID.randomUUID(), small()))).isEmpty();

        assertThat(rows.awaited).isEmpty();
    }

    @Test
    void writerIsTakenOverWhileItsThreadIsLocked_appendIsNotStored() throws Exception {
        var rows = new Rows();
        var groups = groups(rows);
        var held = Rest.aThread();
        CompletableFuture<Optional<AppendGroups.Stored>> waiting;
        try (var connection = lock(held)) {
            waiting = groups.offer(TENANT, new ThreadId(held), 1L, small()).toCompletableFuture();
            eventually(() -> rows.awaited.contains(held));
            try (var takeOver = connection.prepareStatement("UPDATE live_writer w JOIN thread t"
                    + " ON t.thread_key = w.thread_key SET w.epoch = w.epoch + 1 WHERE t.thread_id = ?")) {
                takeOver.setString(1, held.toString());
                takeOver.executeUpdate();
            }
            connection.commit();
        }
        assertThat(done(waiting)).isEmpty();
        assertThat(itemsOf(held)).isEqualTo(1);
    }

    @Test
    void largeAppends_areNotInGroupsWithSmallOnes() throws Exception {
        var rows = new Rows();
        var groups = groups(rows);
        var largeOnes = List.of(Rest.aThread(), Rest.aThread());
        var smallOnes = List.of(Rest.aThread(), Rest.aThread(), Rest.aThread());
        var held = new CountDownLatch(1);
        rows.beforeLock = () -> awaitQuietly(held);
        var blockers = new ArrayList<CompletableFuture<?>>();
        for (var each : List.of(small(), small(), large())) {
            blockers.add(offer(groups, Rest.aThread(), each));
            eventually(() -> rows.locking.get() == blockers.size());
        }

        var offered = new ArrayList<CompletableFuture<Optional<AppendGroups.Stored>>>();
        for (var i = 0; i < smallOnes.size(); i++) {
            offered.add(offer(groups, smallOnes.get(i), small()));
            if (i < largeOnes.size()) {
                offered.add(offer(groups, largeOnes.get(i), large()));
            }
        }
        held.countDown();

        for (var each : offered) {
            assertThat(done(each)).isPresent();
        }
        assertThat(rows.groups)
                .anyMatch(group -> group.equals(Set.copyOf(smallOnes)))
                .noneMatch(group -> group.stream().anyMatch(largeOnes::contains)
                        && group.stream().anyMatch(smallOnes::contains));
    }

    @Test
    void largeAndSmallAppendsToOneThread_areStoredInTheirOrder() throws Exception {
        var rows = new Rows();
        var groups = groups(rows);
        var thread = Rest.aThread();
        var offered = new ArrayList<CompletableFuture<Optional<AppendGroups.Stored>>>();
        for (var round = 0; round < 50; round++) {
            offered.add(offer(groups, thread, round % 3 == 0 ? large() : small()));
        }

        for (var i = 0; i < offered.size(); i++) {
            assertThat(done(offered.get(i)).orElseThrow().result().firstOrdinal())
                    .isEqualTo(1 + i);
        }
    }

    private AppendGroups groups(Rows rows) {
        return groups(rows, Executors.newCachedThreadPool());
    }

    private AppendGroups groups(Rows rows, ExecutorService threads) {
        return groups(dataSource, rows, threads);
    }

    private AppendGroups groups(AgroalDataSource source, AppendRows rows, ExecutorService threads) {
        var groups = new AppendGroups(source, rows, summarizer, settings, clock, new Supervisor(), threads);
        opened.add(groups);
        return groups;
    }

    private static CompletableFuture<Optional<AppendGroups.Stored>> offer(
            AppendGroups groups, UUID thread, AppendItems append) {
        return groups.offer(TENANT, new ThreadId(thread), null, append).toCompletableFuture();
    }

    private static <T> T done(CompletableFuture<T> future) throws Exception {
        return future.get(30, TimeUnit.SECONDS);
    }

    private AppendItems small() {
        return append(Items.agentMessage("small"));
    }

    private AppendItems large() {
        return append(Items.agentMessage("x".repeat(64 * 1024)));
    }

    private AppendItems append(String item) {
        return new AppendItems(List.of(itemReader.read(JsonText.of(item))), null);
    }

    private static Connection lock(UUID thread) throws SQLException {
        var connection = TestDatabase.connect();
        connection.setAutoCommit(false);
        try (var lock = connection.prepareStatement(
                "SELECT thread_key FROM thread WHERE tenant = 'default' AND thread_id = ? FOR UPDATE")) {
            lock.setString(1, thread.toString());
            lock.executeQuery();
        }
        return connection;
    }

    /** The rows, which tell more than the thread's own count. */
    private static int itemsOf(UUID thread) throws SQLException {
        try (var connection = TestDatabase.connect();
                var count = connection.prepareStatement("SELECT COUNT(*) FROM rollout_item i"
                        + " JOIN thread t ON t.thread_key = i.thread_key WHERE t.thread_id = ?")) {
            count.setString(1, thread.toString());
            try (var row = count.executeQuery()) {
                row.next();
                return row.getInt(1);
            }
        }
    }

    private static void eventually(Callable<Boolean> condition) throws Exception {
        var deadline = System.nanoTime() + 30 * SECOND;
        while (!condition.call()) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @FunctionalInterface
    private interface OnConnection {
        void run(Connection connection) throws SQLException;
    }

    /** The rows of the real database, with failures. */
    private final class Rows extends AppendRows {

        private volatile Runnable beforeLock = () -> {};
        private volatile OnConnection sqlBeforeLock = connection -> {};
        private volatile Runnable afterUpdate = () -> {};

        /** Long: what a test counts must not depend on how busy the machine is. */
        private volatile int lockWaitMillis = 9_000;

        private final Set<UUID> awaited = ConcurrentHashMap.newKeySet();
        private final List<Set<UUID>> groups = new CopyOnWriteArrayList<>();
        private final AtomicInteger locking = new AtomicInteger();

        Rows() {
            super(dataSource, threadKeys);
        }

        @Override
        Map<Key, AppendRow> lock(Connection connection, List<Key> keys) throws SQLException {
            groups.add(
                    Set.copyOf(keys.stream().map(key -> key.threadId().value()).toList()));
            locking.incrementAndGet();
            beforeLock.run();
            sqlBeforeLock.run(connection);
            return super.lock(connection, keys);
        }

        @Override
        boolean await(Connection connection, Key key, int millis) throws SQLException {
            awaited.add(key.threadId().value());
            return super.await(connection, key, lockWaitMillis);
        }

        @Override
        void update(Connection connection, Iterable<AppendRow> grown, long now, long leaseMillis) throws SQLException {
            super.update(connection, grown, now, leaseMillis);
            afterUpdate.run();
        }
    }

    /** Connections of the real pool, of which some calls fail. */
    private final class Source {

        private volatile OnConnection onCommit = Connection::commit;
        private volatile OnConnection onRollback = Connection::rollback;

        AgroalDataSource dataSource() {
            return proxy(AgroalDataSource.class, dataSource, (real, name) -> false);
        }

        private <T> T proxy(Class<T> type, T real, Intercept<T> intercept) {
            return type.cast(Proxy.newProxyInstance(
                    AppendGroupsTest.class.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
                        try {
                            if (intercept.handles(real, method.getName())) {
                                return null;
                            }
                            var result = method.invoke(real, arguments);
                            return result instanceof Connection connection && type == AgroalDataSource.class
                                    ? proxy(Connection.class, connection, this::intercept)
                                    : result;
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    }));
        }

        private boolean intercept(Connection real, String name) throws SQLException {
            switch (name) {
                case "commit" -> onCommit.run(real);
                case "rollback" -> onRollback.run(real);
                default -> {
                    return false;
                }
            }
            return true;
        }
    }

    @FunctionalInterface
    private interface Intercept<T> {
        boolean handles(T real, String name) throws SQLException;
    }

    /** Threads that can't be created at times. */
    private static class UnreliableThreads extends AbstractExecutorService {

        private final ExecutorService real = Executors.newCachedThreadPool();
        volatile Runnable failure = () -> {};

        @Override
        public void execute(Runnable task) {
            failure.run();
            real.execute(task);
        }

        @Override
        public void shutdown() {
            real.shutdown();
        }

        @Override
        public List<Runnable> shutdownNow() {
            return real.shutdownNow();
        }

        @Override
        public boolean isShutdown() {
            return real.isShutdown();
        }

        @Override
        public boolean isTerminated() {
            return real.isTerminated();
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
            return real.awaitTermination(timeout, unit);
        }
    }

    /** Threads that begin late. */
    private static final class HeldThreads extends UnreliableThreads {

        private final LinkedBlockingQueue<Runnable> held = new LinkedBlockingQueue<>();
        private volatile boolean isHolding = true;

        @Override
        public void execute(Runnable task) {
            if (isHolding) {
                held.add(task);
            } else {
                super.execute(task);
            }
        }

        void runAll() {
            isHolding = false;
            held.forEach(super::execute);
        }
    }

    /** A failure whose handling fails. */
    private static final class BadException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        BadException() {
            super(new SQLException("bad") {
                private static final long serialVersionUID = 1L;

                @Override
                public String getSQLState() {
                    throw new StackOverflowError();
                }
            });
        }
    }
}
