package io.threadstore.torture;

import io.threadstore.process.ServiceProcess;
import java.io.IOException;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** Two services on one database, and what can happen to them. */
final class Rig implements AutoCloseable {

    static final int SERVICES = 2;

    /** More options of the services' JVMs, to try something. */
    private static final List<String> OPTIONS = Arrays.stream(
                    System.getProperty("torture.options", "").split(" "))
            .filter(option -> !option.isEmpty())
            .toList();

    private static final int HOUR = (int) TimeUnit.HOURS.toSeconds(1);
    private static final int DAY = (int) TimeUnit.DAYS.toSeconds(1);

    private final Tally tally;
    private final Database database;
    private final List<OwnClock> clocks = new ArrayList<>();
    private final AtomicReferenceArray<ServiceProcess> services = new AtomicReferenceArray<>(SERVICES);

    /** @param cluster whether the database is three nodes of a Galera cluster, or one server */
    Rig(boolean cluster, Tally tally) throws Exception {
        this.tally = tally;
        database = cluster ? new GaleraCluster(SERVICES) : new SingleServer(SERVICES);
        try {
            for (var i = 0; i < SERVICES; i++) {
                clocks.add(new OwnClock());
                // at once, on a database without tables
                restart(i);
            }
            awaitReady();
        } catch (Exception e) {
            close();
            throw e;
        }
    }

    /** What happens. Each is over when it has been done, and all are ready again. */
    enum Fault {
        KILL_SERVICE,
        END_SERVICE,
        STOP_SERVICE,
        KILL_DATABASE,
        STOP_DATABASE,
        CUT_NETWORK,
        SILENCE_NETWORK,
        SLOW_NETWORK,
        JUMP_CLOCK,
        /** Of one server. */
        FILL_DISK,
        /** Of a cluster: the network between its nodes. */
        ISOLATE_NODE
    }

    /** Those that can be had here, or of them the ones that were asked for ({@code -Dtorture.faults=KILL_SERVICE,FILL_DISK}). */
    Set<Fault> faults() {
        var asked = System.getProperty("torture.faults", "");
        var possible = possibleFaults();
        if (!asked.isEmpty()) {
            possible.retainAll(
                    Arrays.stream(asked.split(",")).map(Fault::valueOf).toList());
        }
        return possible;
    }

    private Set<Fault> possibleFaults() {
        var here = EnumSet.complementOf(EnumSet.of(Fault.JUMP_CLOCK, Fault.FILL_DISK, Fault.ISOLATE_NODE));
        here.addAll(database.faults());
        if (OwnClock.isPossible()) {
            here.add(Fault.JUMP_CLOCK);
        }
        return here;
    }

    void strike(Fault fault, Random random) throws Exception {
        var victim = random.nextInt(SERVICES);
        switch (fault) {
            case KILL_SERVICE -> {
                services.get(victim).kill();
                restart(victim);
            }
            case END_SERVICE -> {
                services.get(victim).askToEnd();
                services.get(victim).awaitEnd();
                restart(victim);
            }
            // longer than a client waits for an answer, and than a connection may be silent
            case STOP_SERVICE -> pause(services.get(victim).pid());
            case KILL_DATABASE -> database.kill(random);
            case STOP_DATABASE -> pause(database.pid(random));
            case CUT_NETWORK -> database.cut(victim, 500 + random.nextInt(5000));
            // up to more than a database that says nothing is waited for
            case SILENCE_NETWORK -> database.silence(victim, 1000 + random.nextInt(20_000));
            case SLOW_NETWORK -> {
                database.delay(victim, 20 + random.nextInt(200));
                TimeUnit.SECONDS.sleep(5);
                database.delay(victim, 0);
            }
            case JUMP_CLOCK -> {
                // forward, and back; or the other way round
                var by = Duration.ofSeconds((random.nextBoolean() ? 1 : -1) * (HOUR + random.nextInt(DAY - HOUR)));
                clocks.get(victim).moveAhead(by);
                Seen.jump(services.get(victim), by);
                TimeUnit.MILLISECONDS.sleep(2000 + random.nextInt(3000));
                clocks.get(victim).moveAhead(Duration.ZERO);
            }
            case FILL_DISK -> {
                var thread = Seen.thread(services.get(victim));
                database.fillDisk(random, () -> tally.count(Seen.refusal(services.get(victim), thread)));
            }
            case ISOLATE_NODE -> database.isolate(random, this::useAll);
        }
        awaitReady();
        database.awaitWhole();
    }

    /** One node is of no use; the others are enough for both services. */
    private void useAll() throws Exception {
        awaitReady();
        for (var i = 0; i < SERVICES; i++) {
            Seen.thread(services.get(i));
        }
    }

    private void awaitReady() throws Exception {
        for (var i = 0; i < SERVICES; i++) {
            services.get(i).awaitReady();
        }
    }

    private static void pause(long pid) throws Exception {
        signal("STOP", pid);
        try {
            TimeUnit.SECONDS.sleep(Client.PATIENCE.toSeconds() + 2);
        } finally {
            signal("CONT", pid);
        }
    }

    static void signal(String name, long pid) throws IOException, InterruptedException {
        var status = new ProcessBuilder("kill", "-" + name, Long.toString(pid))
                .start()
                .waitFor();
        if (status != 0) {
            throw new IOException("there is no process " + pid + " that could be sent " + name);
        }
    }

    private void restart(int number) throws Exception {
        var options = new ArrayList<>(List.of("-Xmx512m"));
        options.addAll(List.of(database.options()));
        options.addAll(OPTIONS);
        var environment = new HashMap<>(clocks.get(number).environment());
        environment.put("THREADSTORE_DB_URL", database.url(number));
        environment.put("THREADSTORE_DB_USERNAME", database.username());
        environment.put("THREADSTORE_DB_PASSWORD", database.password());
        services.set(number, ServiceProcess.launch(environment, options.toArray(String[]::new)));
    }

    URI service(int number) {
        return services.get(number).uri("");
    }

    int servers() {
        return database.servers();
    }

    /** A connection to a server past services and proxies. */
    Connection connect(int server) throws SQLException {
        return database.connect(server);
    }

    @Override
    public void close() throws IOException {
        for (var i = 0; i < SERVICES; i++) {
            if (services.get(i) != null) {
                services.get(i).close();
            }
        }
        database.close();
    }
}
