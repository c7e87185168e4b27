package io.threadstore.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.threadstore.platform.embedded.EmbeddedMariaDb;
import io.threadstore.testsupport.Items;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** What becomes of many clients that append without pause when the service is asked to end, and when the database goes away. */
@EnabledOnOs(OS.LINUX)
class UnderLoadIT {

    private static final int CLIENTS = 16;

    /** How long the database is away. */
    private static final int AWAY_SECONDS = Integer.getInteger("outage.seconds", 10);

    private static final int SILENT_SECONDS = 40;

    private final EmbeddedMariaDb database = new EmbeddedMariaDb(Path.of("target", "under-load-database"));
    private final ExecutorService pool = Executors.newFixedThreadPool(CLIENTS + 1);
    private TcpProxy way;
    private ServiceProcess service;

    @BeforeEach
    void start() throws Exception {
        database.start();
        var server = URI.create(property("url").substring("jdbc:".length()));
        way = new TcpProxy(server.getHost(), server.getPort());
        service = ServiceProcess.launch(
                Map.of(
                        "THREADSTORE_DB_URL", "jdbc:mariadb://127.0.0.1:" + way.port() + server.getPath(),
                        "THREADSTORE_DB_USERNAME", property("username"),
                        "THREADSTORE_DB_PASSWORD", property("password")),
                "-Xmx256m");
        service.awaitReady();
    }

    @AfterEach
    void stop() throws IOException {
        pool.shutdownNow();
        if (service != null) {
            service.close();
        }
        if (way != null) {
            way.close();
        }
        database.stop();
    }

    private String property(String name) {
        return database.connectionProperties().get("threadstore.db." + name);
    }

    @Test
    void whoIsAskedToEndAnswersWhateverItStores() throws Exception {
        var threads = new ArrayList<UUID>();
        for (var i = 0; i < CLIENTS; i++) {
            threads.add(newThread());
        }
        var appending = new ArrayList<Future<Integer>>();
        for (var thread : threads) {
            appending.add(pool.submit(() -> appendUntilRefused(thread)));
        }
        TimeUnit.SECONDS.sleep(3);

        service.askToEnd();

        assertThat(service.awaitEnd()).as("how it ends").isIn(0, 143);
        for (var i = 0; i < CLIENTS; i++) {
            var answered = appending.get(i).get(1, TimeUnit.MINUTES);
            assertThat(answered).isPositive();
            assertThat(itemsOf(threads.get(i)))
                    .as("items of a thread whose appends were answered %d times", answered)
                    .isEqualTo(1 + answered);
        }
    }

    /** @return how many appends were answered with 200 before one was refused, or found nobody */
    private int appendUntilRefused(UUID thread) throws Exception {
        for (var answered = 0; ; answered++) {
            int status;
            try {
                status = append(thread, 1 + answered);
            } catch (IOException e) {
                // nothing listens any more, or the connection was closed between two requests, which HTTP/1.1 can't
                // announce; a request that was read and not answered would leave more items than answers
                assertThat(e)
                        .satisfiesAnyOf(
                                refused -> assertThat(refused).isInstanceOf(ConnectException.class),
                                closed -> assertThat(closed).hasMessageContaining("received no bytes"),
                                reset -> assertThat(reset).isInstanceOf(SocketException.class));
                return answered;
            }
            if (status != 200) {
                assertThat(status).isEqualTo(503);
                return answered;
            }
        }
    }

    @Test
    void databaseThatIsAwayCostsNothingButItsTime() throws Exception {
        var loads = startLoads();
        var threadsBefore = service.status("Threads");
        var memoryBefore = service.status("VmRSS");
        var pid = service.pid();

        way.cut();
        var mostThreads = 0L;
        var mostMemory = 0L;
        for (var i = 0; i < AWAY_SECONDS; i++) {
            TimeUnit.SECONDS.sleep(1);
            mostThreads = Math.max(mostThreads, service.status("Threads"));
            mostMemory = Math.max(mostMemory, service.status("VmRSS"));
        }
        var refusals = refusalsOf(loads);
        way.mend();
        var recovered = endLoads(loads, System.nanoTime());

        System.out.printf(
                "away for %d s: %d answers of 503, half within %d ms, 99 %% within %d ms; threads %d, then at most %d; RSS %d MiB, then at most %d;"
                        + " all clients served again %d ms after its return%n",
                AWAY_SECONDS,
                refusals.size(),
                refusals.get(refusals.size() / 2),
                refusals.get(refusals.size() * 99 / 100),
                threadsBefore,
                mostThreads,
                memoryBefore / 1024,
                mostMemory / 1024,
                TimeUnit.NANOSECONDS.toMillis(recovered));
        assertThat(refusals)
                .as("each client is refused again and again")
                .hasSizeGreaterThan(CLIENTS * AWAY_SECONDS / 2);
        assertThat(refusals.get(refusals.size() * 95 / 100)).isLessThan(1000);
        assertThat(mostThreads).isLessThan(threadsBefore + 2 * CLIENTS);
        assertThat(mostMemory - memoryBefore).isLessThan(128 * 1024);
        assertThat(TimeUnit.NANOSECONDS.toSeconds(recovered)).isLessThan(5);
        assertThat(service.pid()).isEqualTo(pid);
    }

    @Test
    void databaseThatSaysNothingIsGivenUp() throws Exception {
        var loads = startLoads();

        var silence = pool.submit(() -> {
            way.silence(SILENT_SECONDS * 1000L);
            return System.nanoTime();
        });
        // what is longest under way is given up
        TimeUnit.SECONDS.sleep(SILENT_SECONDS / 2);
        loads.forEach(load -> load.refusals.clear());
        var over = silence.get(1, TimeUnit.MINUTES);
        var refusals = refusalsOf(loads);
        var recovered = endLoads(loads, over);

        System.out.printf(
                "silent for %d s: in the second half %d answers of 503, half within %d ms, 99 %% within %d ms;"
                        + " all clients served again %d ms after it%n",
                SILENT_SECONDS,
                refusals.size(),
                refusals.get(refusals.size() / 2),
                refusals.get(refusals.size() * 99 / 100),
                TimeUnit.NANOSECONDS.toMillis(recovered));
        // some seconds in the queue, and some for a connection
        assertThat(refusals.get(refusals.size() * 95 / 100)).isLessThan(12_000);
        assertThat(TimeUnit.NANOSECONDS.toSeconds(recovered)).isLessThan(20);
    }

    /** All clients, that have appended for some seconds. */
    private List<Load> startLoads() throws Exception {
        var loads = new ArrayList<Load>();
        for (var i = 0; i < CLIENTS; i++) {
            var load = new Load(newThread());
            loads.add(load);
            load.running = pool.submit(load);
        }
        TimeUnit.SECONDS.sleep(5);
        return loads;
    }

    /** How long each answer of 503 took, in milliseconds, the quickest first. */
    private static List<Long> refusalsOf(List<Load> loads) {
        return loads.stream().flatMap(load -> load.refusals.stream()).sorted().toList();
    }

    /**
     * Waits until all clients are served again, ends them, and looks whether what they were told is what is stored.
     *
     * @return how long after that moment the last of them was served, in nanoseconds
     */
    private long endLoads(List<Load> loads, long moment) throws Exception {
        var recovered = 0L;
        for (var load : loads) {
            recovered = Math.max(recovered, load.awaitAnswerAfter(moment));
        }
        loads.forEach(load -> load.isOver = true);
        for (var load : loads) {
            load.running.get(1, TimeUnit.MINUTES);
            assertThat(itemsOf(load.thread)).isEqualTo(load.next);
        }
        return recovered;
    }

    /** A client that appends exactly once, without pause, and again what was not done. */
    private final class Load implements Callable<Void> {

        private final UUID thread;
        private final Queue<Long> refusals = new ConcurrentLinkedQueue<>();
        private Future<Void> running;
        private volatile boolean isOver;
        private volatile long lastAnswer;
        private int next = 1;

        Load(UUID thread) {
            this.thread = thread;
        }

        @Override
        public Void call() throws Exception {
            while (!isOver) {
                var begin = System.nanoTime();
                var status = append(thread, next);
                if (status == 200) {
                    lastAnswer = System.nanoTime();
                    next++;
                } else {
                    assertThat(status).isEqualTo(503);
                    refusals.add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin));
                    TimeUnit.MILLISECONDS.sleep(50);
                }
            }
            return null;
        }

        /** @return how long after that moment the first append was done, in nanoseconds */
        long awaitAnswerAfter(long moment) throws InterruptedException {
            for (var i = 0; i < 3000 && lastAnswer - moment <= 0; i++) {
                TimeUnit.MILLISECONDS.sleep(10);
            }
            assertThat(lastAnswer - moment).as("appends are done again").isPositive();
            return lastAnswer - moment;
        }
    }

    private int append(UUID thread, int expected) throws Exception {
        return service.post(
                        "/v1/threads/" + thread + "/items",
                        "{\"items\":[" + Items.agentMessage("x" + expected) + "],\"expected_ordinal\":" + expected
                                + "}")
                .statusCode();
    }

    private UUID newThread() throws Exception {
        var id = UUID.randomUUID();
        assertThat(service.post("/v1/threads", "{\"thread_id\":\"" + id + "\",\"source\":{\"kind\":\"cli\"}}")
                        .statusCode())
                .isEqualTo(201);
        return id;
    }

    private int itemsOf(UUID thread) throws Exception {
        try (Connection connection =
                        DriverManager.getConnection(property("url"), property("username"), property("password"));
                var select = connection.prepareStatement(
                        "SELECT COUNT(*) FROM rollout_item i JOIN thread t ON t.thread_key = i.thread_key WHERE t.thread_id = ?")) {
            select.setString(1, thread.toString());
            try (var row = select.executeQuery()) {
                row.next();
                return row.getInt(1);
            }
        }
    }
}
