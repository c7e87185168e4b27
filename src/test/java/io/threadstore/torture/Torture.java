package io.threadstore.torture;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.threadstore.torture.Checker.Stored;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Faults all the time, while clients write and read; then everything is compared with what the clients were told. */
class Torture {

    private static final int SECONDS = Integer.getInteger("torture.seconds", 120);
    private static final long SEED = Long.getLong("torture.seed", System.nanoTime());

    /** Whether the database is three nodes of a Galera cluster. */
    private static final boolean CLUSTER = Boolean.getBoolean("torture.cluster");

    /** Threads with two writers each, that take over from one another. */
    private static final int CONTENDED = 8;

    /** Threads that are put away and taken out again. */
    private static final int ARCHIVED = 3;

    /** In so much time each kind of fault happens at least once. */
    private static final int ALL_FAULTS_SECONDS = 180;

    private static final Path REPORT = Path.of("target", "torture");

    private final Tally tally = new Tally();
    /** The longest times in which nothing was acknowledged to anybody, in seconds, of each time that it happened. */
    private final Map<Rig.Fault, List<Double>> faults = new EnumMap<>(Rig.Fault.class);

    private final Set<Rig.Fault> possible = EnumSet.noneOf(Rig.Fault.class);

    private final List<Journal> contended = Stream.generate(() -> new Journal(UUID.randomUUID()))
            .limit(CONTENDED)
            .toList();
    private final List<Journal> archived = Stream.generate(() -> new Journal(UUID.randomUUID()))
            .limit(ARCHIVED)
            .toList();

    private final Queue<UUID> deleted = new ConcurrentLinkedQueue<>();

    /** A step of a client's, done again and again. */
    @FunctionalInterface
    private interface Step {
        void take() throws Exception;
    }

    @Test
    void nothingAcknowledgedIsLost() throws Exception {
        System.out.println("torture.seed=" + SEED);
        var begin = System.nanoTime();
        try (var rig = new Rig(CLUSTER, tally)) {
            var end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
            var first = new Client(rig, tally, "first", end);
            for (var journal : all()) {
                first.create(journal);
            }
            var clients = Executors.newCachedThreadPool();
            try {
                var working = start(rig, end).stream().map(clients::submit).toList();
                injectFaults(rig, end);
                for (var future : working) {
                    // an exception of a client's fails the test
                    future.get(5, TimeUnit.MINUTES);
                }
            } finally {
                clients.shutdownNow();
            }
            check(rig, first);
        } finally {
            report((System.nanoTime() - begin) / 1e9);
        }

        assertThat(tally.violations()).isEmpty();
        assertThat(tally.unexpected()).isEmpty();
        assertThat(tally.counts().get("items acknowledged")).isGreaterThan(SECONDS);
        assertThat(tally.counts())
                .containsKeys(
                        "archived or not, seen and compared",
                        "histories read and compared",
                        "patches acknowledged",
                        "threads deleted");
        if (SECONDS >= ALL_FAULTS_SECONDS) {
            assertThat(faults.keySet()).containsAll(possible);
        }
    }

    private List<Journal> all() {
        return Stream.concat(contended.stream(), archived.stream()).toList();
    }

    private List<Callable<Void>> start(Rig rig, long end) {
        var work = new ArrayList<Callable<Void>>();
        for (var number = 0; number < CONTENDED; number++) {
            for (var writer = 0; writer < 2; writer++) {
                work.add(writer(new Client(rig, tally, "writer-" + number + "-" + writer, end), contended.get(number)));
            }
        }
        for (var number = 0; number < ARCHIVED; number++) {
            work.add(archiver(new Client(rig, tally, "archiver-" + number, end), archived.get(number)));
        }
        for (var number = 0; number < 2; number++) {
            var patcher = new Client(rig, tally, "patcher-" + number, end);
            work.add(again(patcher, 50, () -> patcher.rename(any(patcher))));
            var reader = new Client(rig, tally, "reader-" + number, end);
            work.add(again(reader, 20, () -> reader.read(any(reader))));
            var importer = new Client(rig, tally, "importer-" + number, end);
            work.add(again(importer, 1000, () -> deleted.add(importer.importAndDelete())));
            var rude = new Client(rig, tally, "rude-" + number, end);
            work.add(again(rude, 200, () -> beRude(rude)));
        }
        return work;
    }

    private Journal any(Client client) {
        return all().get(client.random.nextInt(CONTENDED + ARCHIVED));
    }

    private static Callable<Void> again(Client client, int pauseMillis, Step step) {
        return () -> {
            while (client.goesOn()) {
                step.take();
                TimeUnit.MILLISECONDS.sleep(client.random.nextInt(pauseMillis));
            }
            return null;
        };
    }

    private static Callable<Void> writer(Client client, Journal journal) {
        var appender = client.new Appender(journal);
        return again(client, 10, () -> {
            if (!appender.isOpen() || client.random.nextInt(200) == 0) {
                // the other writer is left alone for a while
                TimeUnit.MILLISECONDS.sleep(client.random.nextInt(1000));
                appender.open();
            } else {
                appender.append(1 + client.random.nextInt(5));
            }
        });
    }

    private static Callable<Void> archiver(Client client, Journal journal) {
        var appender = client.new Appender(journal);
        return again(client, 100, () -> {
            client.setArchived(journal, true);
            client.lookWhetherArchived(journal);
            TimeUnit.MILLISECONDS.sleep(client.random.nextInt(500));
            if (client.random.nextInt(4) > 0) {
                client.setArchived(journal, false);
            }
            appender.open();
            for (var i = client.random.nextInt(5); i > 0 && appender.isOpen(); i--) {
                appender.append(1 + client.random.nextInt(3));
            }
            // appends bring nothing back
            client.lookWhetherArchived(journal);
        });
    }

    private void beRude(Client client) throws InterruptedException {
        try {
            if (client.random.nextBoolean()) {
                client.sendHalf(any(client));
            } else {
                client.readSlowly(any(client));
            }
        } catch (IOException e) {
            // nobody was there, or went away
        }
    }

    /** Each kind as often as any other, in an order that follows from the seed. */
    private void injectFaults(Rig rig, long end) throws Exception {
        var random = new Random(SEED);
        var next = new ArrayList<Rig.Fault>();
        possible.addAll(rig.faults());
        TimeUnit.SECONDS.sleep(2);
        while (System.nanoTime() < end) {
            if (next.isEmpty()) {
                next.addAll(possible);
                Collections.shuffle(next, random);
            }
            var fault = next.remove(0);
            tally.watchGaps();
            rig.strike(fault, random);
            TimeUnit.MILLISECONDS.sleep(500 + random.nextInt(2000));
            faults.computeIfAbsent(fault, first -> new ArrayList<>()).add(tally.longestGapSeconds());
        }
    }

    private void check(Rig rig, Client client) throws Exception {
        for (var server = 0; server < rig.servers(); server++) {
            checkRows(rig, server);
        }
        for (var journal : all()) {
            var verification = client.insist("GET", "/v1/threads/" + journal.threadId() + "/verification", "");
            if (!verification.json().path("sound").asBoolean()) {
                tally.found(new Checker.Violation(Checker.Kind.NOT_SOUND, journal.threadId(), verification.body()));
            }
        }
    }

    private void checkRows(Rig rig, int server) throws SQLException {
        try (var connection = rig.connect(server)) {
            for (var journal : all()) {
                var row = row(connection, journal.threadId()).orElseThrow();
                Checker.check(journal, stored(connection, journal.threadId()), row)
                        .forEach(tally::found);
            }
            for (var threadId : deleted) {
                if (row(connection, threadId).isPresent()) {
                    tally.found(
                            new Checker.Violation(Checker.Kind.DELETED_IS_THERE, threadId, "on the server " + server));
                }
            }
        }
        tally.count("servers compared");
    }

    private static List<Stored> stored(Connection connection, UUID threadId) throws SQLException {
        try (var select = connection.prepareStatement("""
                        SELECT i.ordinal, i.item FROM rollout_item i JOIN thread t ON t.thread_key = i.thread_key
                        WHERE t.tenant = 'default' AND t.thread_id = ? ORDER BY i.ordinal
                        """)) {
            select.setString(1, threadId.toString());
            var stored = new ArrayList<Stored>();
            try (var row = select.executeQuery()) {
                while (row.next()) {
                    stored.add(new Stored(row.getLong(1), row.getString(2)));
                }
            }
            return stored;
        }
    }

    private static Optional<Checker.Row> row(Connection connection, UUID threadId) throws SQLException {
        try (var select = connection.prepareStatement("""
                SELECT state = 'ARCHIVED', item_count, byte_count, next_ordinal, name, first_user_message
                FROM thread WHERE tenant = 'default' AND thread_id = ?
                """)) {
            select.setString(1, threadId.toString());
            try (var row = select.executeQuery()) {
                return row.next()
                        ? Optional.of(new Checker.Row(
                                row.getBoolean(1),
                                row.getLong(2),
                                row.getLong(3),
                                row.getLong(4),
                                row.getString(5),
                                row.getString(6)))
                        : Optional.empty();
            }
        }
    }

    private void report(double seconds) throws IOException {
        var found = new EnumMap<Checker.Kind, Long>(Checker.Kind.class);
        for (var kind : Checker.Kind.values()) {
            found.put(
                    kind,
                    tally.violations().stream()
                            .filter(violation -> violation.kind() == kind)
                            .count());
        }
        System.out.printf(
                "%n%.0f seconds%n%n| fault | times | longest time without any acknowledged write, s |%n|---|---|---|%n",
                seconds);
        faults.forEach(
                (fault, gaps) -> System.out.printf("| %s | %d | %.1f |%n", fault, gaps.size(), Collections.max(gaps)));
        System.out.printf("%n| done | |%n|---|---|%n");
        tally.counts().forEach((what, count) -> System.out.printf("| %s | %,d |%n", what, count));
        System.out.printf("%n| found | |%n|---|---|%n");
        found.forEach((kind, count) -> System.out.printf("| %s | %d |%n", kind, count));
        System.out.printf("| unexpected answers | %d |%n%n", tally.unexpected().size());
        Files.createDirectories(REPORT);
        Files.write(
                REPORT.resolve("report.json"),
                new ObjectMapper()
                        .writerWithDefaultPrettyPrinter()
                        .writeValueAsBytes(Map.of(
                                "seed",
                                SEED,
                                "seconds",
                                seconds,
                                "faults",
                                faults,
                                "done",
                                tally.counts(),
                                "found",
                                found,
                                "violations",
                                tally.violations(),
                                "unexpected",
                                tally.unexpected())));
    }
}
