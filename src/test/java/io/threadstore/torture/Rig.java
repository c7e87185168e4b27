package io.threadstore.torture;

import io.threadstore.process.ServiceProcess;
import java.io.IOException;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
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

    private final Database database;
    private final AtomicReferenceArray<ServiceProcess> services = new AtomicReferenceArray<>(SERVICES);

    /** @param cluster whether the database is three nodes of a Galera cluster, or one server */
    Rig(boolean cluster) throws Exception {
        database = cluster ? new GaleraCluster(SERVICES) : new SingleServer(SERVICES);
        try {
            for (var i = 0; i < SERVICES; i++) {
                restart(i);
            }
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
        SLOW_NETWORK
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
            case CUT_NETWORK -> {
                database.cut(victim, true);
                TimeUnit.MILLISECONDS.sleep(500 + random.nextInt(5000));
                database.cut(victim, false);
            }
            case SLOW_NETWORK -> {
                database.delay(victim, 20 + random.nextInt(200));
                TimeUnit.SECONDS.sleep(5);
                database.delay(victim, 0);
            }
        }
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
        new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor();
    }

    private void restart(int number) throws Exception {
        var options = new ArrayList<>(List.of("-Xmx512m"));
        options.addAll(List.of(database.options()));
        options.addAll(OPTIONS);
        services.set(
                number,
                ServiceProcess.launch(
                        Map.of(
                                "THREADSTORE_DB_URL", database.url(number),
                                "THREADSTORE_DB_USERNAME", database.username(),
                                "THREADSTORE_DB_PASSWORD", database.password()),
                        options.toArray(String[]::new)));
        services.get(number).awaitReady();
    }

    URI service(int number) {
        return services.get(number).uri("");
    }

    /** A connection past services and proxies. */
    Connection connect() throws SQLException {
        return database.connect();
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
