package io.threadstore.torture;

import io.threadstore.platform.embedded.EmbeddedMariaDb;
import io.threadstore.process.ServiceProcess;
import io.threadstore.process.TcpProxy;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** Two services, each with a way of its own to one database; and what can happen to them. */
final class Rig implements AutoCloseable {

    static final int SERVICES = 2;

    private static final Path DIRECTORY = Path.of("target", "torture-database");

    private final EmbeddedMariaDb database = new EmbeddedMariaDb(DIRECTORY);
    private final List<TcpProxy> ways = new ArrayList<>();
    private final AtomicReferenceArray<ServiceProcess> services = new AtomicReferenceArray<>(SERVICES);

    Rig() throws Exception {
        database.start();
        for (var i = 0; i < SERVICES; i++) {
            ways.add(new TcpProxy("127.0.0.1", databasePort()));
            services.set(i, launch(i));
            services.get(i).awaitReady();
        }
    }

    /** What happens. Each is over when the method ends, and all are ready again. */
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
            case STOP_SERVICE -> pause(services.get(victim).pid(), Client.PATIENCE.toSeconds() + 2);
            case KILL_DATABASE -> {
                signal("KILL", databasePid());
                TimeUnit.MILLISECONDS.sleep(random.nextInt(3000));
                database.stop();
                database.start();
                for (var way : ways) {
                    way.leadTo(databasePort());
                }
            }
            case STOP_DATABASE -> pause(databasePid(), Client.PATIENCE.toSeconds() + 2);
            case CUT_NETWORK -> {
                ways.get(victim).cut();
                TimeUnit.MILLISECONDS.sleep(500 + random.nextInt(5000));
                ways.get(victim).mend();
            }
            case SLOW_NETWORK -> {
                ways.get(victim).delay(20 + random.nextInt(200));
                TimeUnit.SECONDS.sleep(5);
                ways.get(victim).delay(0);
            }
        }
        awaitReady();
    }

    private void restart(int number) throws Exception {
        services.set(number, launch(number));
        services.get(number).awaitReady();
    }

    private void awaitReady() throws Exception {
        for (var i = 0; i < SERVICES; i++) {
            services.get(i).awaitReady();
        }
    }

    private static void pause(long pid, long seconds) throws Exception {
        signal("STOP", pid);
        try {
            TimeUnit.SECONDS.sleep(seconds);
        } finally {
            signal("CONT", pid);
        }
    }

    private static void signal(String name, long pid) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor();
    }

    private ServiceProcess launch(int number) throws IOException {
        var properties = database.connectionProperties();
        return ServiceProcess.launch(
                Map.of(
                        "THREADSTORE_DB_URL",
                        "jdbc:mariadb://127.0.0.1:" + ways.get(number).port()
                                + databaseUri().getPath(),
                        "THREADSTORE_DB_USERNAME",
                        properties.get("threadstore.db.username"),
                        "THREADSTORE_DB_PASSWORD",
                        properties.get("threadstore.db.password")),
                "-Xmx512m");
    }

    URI service(int number) {
        return services.get(number).uri("");
    }

    /** A connection past services and proxies. */
    Connection connect() throws SQLException {
        var properties = database.connectionProperties();
        return DriverManager.getConnection(
                properties.get("threadstore.db.url"),
                properties.get("threadstore.db.username"),
                properties.get("threadstore.db.password"));
    }

    private URI databaseUri() {
        return URI.create(
                database.connectionProperties().get("threadstore.db.url").substring("jdbc:".length()));
    }

    private int databasePort() {
        return databaseUri().getPort();
    }

    private static long databasePid() throws IOException {
        return Long.parseLong(
                Files.readString(DIRECTORY.resolve("mariadb/mariadbd.pid")).strip());
    }

    @Override
    public void close() throws IOException {
        for (var i = 0; i < SERVICES; i++) {
            if (services.get(i) != null) {
                services.get(i).close();
            }
        }
        for (var way : ways) {
            way.close();
        }
        database.stop();
    }
}
