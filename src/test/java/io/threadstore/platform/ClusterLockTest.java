package io.threadstore.platform;

import static io.threadstore.testsupport.Together.together;
import static org.assertj.core.api.Assertions.assertThat;

import io.agroal.api.AgroalDataSource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.threadstore.testsupport.TestDatabase;
import jakarta.inject.Inject;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** On one server; that a row is inserted by one of several nodes only is Galera's, and the torture test's replicas start on it at once. */
@QuarkusTest
@WithTestResource(TestDatabase.class)
class ClusterLockTest {

    private static final Duration PATIENCE = Duration.ofSeconds(3);

    @Inject
    AgroalDataSource dataSource;

    @AfterEach
    void dropTable() throws SQLException {
        execute("DROP TABLE IF EXISTS migration_lock");
    }

    @Test
    void oneHasItAtATime() throws Exception {
        var holders = new AtomicInteger();
        var most = together(4, caller -> {
            var lock = new ClusterLock(dataSource, PATIENCE);
            lock.acquire();
            var now = holders.incrementAndGet();
            TimeUnit.MILLISECONDS.sleep(200);
            holders.decrementAndGet();
            lock.release();
            return now;
        });

        assertThat(most).hasSize(4).containsOnly(1);
    }

    @Test
    void holderThatLivesIsWaitedForHoweverLongItTakes() throws Exception {
        var first = new ClusterLock(dataSource, PATIENCE);
        first.acquire();
        var second = new ClusterLock(dataSource, PATIENCE);
        var released = new AtomicBoolean();
        var wasReleased = CompletableFuture.supplyAsync(() -> {
            acquire(second);
            return released.get();
        });

        TimeUnit.MILLISECONDS.sleep(2 * PATIENCE.toMillis());
        released.set(true);
        first.release();

        assertThat(wasReleased.get(1, TimeUnit.MINUTES)).isTrue();
        second.release();
    }

    @Test
    void holderThatDiedIsWaitedForNoLongerThanPatienceSays() throws Exception {
        var dead = new ClusterLock(dataSource, PATIENCE);
        dead.acquire();
        execute("UPDATE migration_lock SET holder = 'dead'");
        var lock = new ClusterLock(dataSource, PATIENCE);
        var begin = System.nanoTime();

        lock.acquire();

        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThanOrEqualTo(PATIENCE);
        lock.release();
        dead.release();
    }

    @Test
    void whoWasTakenForDeadTakesNothingFromItsSuccessor() throws Exception {
        var late = new ClusterLock(dataSource, PATIENCE);
        late.acquire();
        execute("DELETE FROM migration_lock");
        var successor = new ClusterLock(dataSource, PATIENCE);
        successor.acquire();

        late.release();

        try (var connection = dataSource.getConnection();
                var statement = connection.createStatement();
                var row = statement.executeQuery("SELECT COUNT(*) FROM migration_lock")) {
            row.next();
            assertThat(row.getInt(1)).isEqualTo(1);
        }
        successor.release();
    }

    private static void acquire(ClusterLock lock) {
        try {
            lock.acquire();
        } catch (SQLException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void execute(String sql) throws SQLException {
        try (var connection = dataSource.getConnection();
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
