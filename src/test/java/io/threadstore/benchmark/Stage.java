package io.threadstore.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import io.threadstore.platform.embedded.EmbeddedMariaDb;
import io.threadstore.process.ServiceProcess;
import io.threadstore.testsupport.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import java.util.Properties;

/** The packaged service on an embedded database of its own, and how much processor time they use. */
final class Stage implements AutoCloseable {

    /** The unit of /proc/PID/stat on Linux. */
    private static final double TICKS_PER_SECOND = 100;

    private static final Path DIRECTORY = Path.of("target", "benchmark-database");

    private final EmbeddedMariaDb database = new EmbeddedMariaDb(DIRECTORY);
    private final ServiceProcess service;
    private final long databasePid;
    private final String url;
    private final Properties login = new Properties();

    private Stage(String... jvmArguments) throws Exception {
        if (Files.exists(DIRECTORY)) {
            // a server that a run which was cut off has left is ended so; one of a run that goes on refuses
            database.start();
            database.stop();
        }
        // what was measured before must not be in the way of what is measured now
        Trees.delete(DIRECTORY);
        database.start();
        try {
            var properties = database.connectionProperties();
            url = properties.get("threadstore.db.url");
            login.setProperty("user", properties.get("threadstore.db.username"));
            login.setProperty("password", properties.get("threadstore.db.password"));
            databasePid = Long.parseLong(
                    Files.readString(DIRECTORY.resolve("mariadb/mariadbd.pid")).strip());
            service = ServiceProcess.launch(
                    Map.of(
                            "THREADSTORE_DB_URL", url,
                            "THREADSTORE_DB_USERNAME", login.getProperty("user"),
                            "THREADSTORE_DB_PASSWORD", login.getProperty("password")),
                    jvmArguments);
            service.awaitReady();
        } catch (Exception e) {
            database.stop();
            throw e;
        }
    }

    /** Starts both, and says what is measured on what. */
    static Stage set(String... jvmArguments) throws Exception {
        var stage = new Stage(jvmArguments);
        try (var connection = stage.connect();
                var statement = connection.createStatement();
                var row = statement.executeQuery(
                        "SELECT VERSION(), @@innodb_flush_log_at_trx_commit, @@innodb_buffer_pool_size, @@log_bin")) {
            row.next();
            System.out.printf(
                    "MariaDB %s, innodb_flush_log_at_trx_commit=%d, innodb_buffer_pool_size=%d, log_bin=%d; Java %s %s; %d processors%n%n",
                    row.getString(1),
                    row.getInt(2),
                    row.getLong(3),
                    row.getInt(4),
                    System.getProperty("java.version"),
                    String.join(" ", jvmArguments),
                    Runtime.getRuntime().availableProcessors());
            assertThat(row.getInt(2)).as("durable at each commit").isEqualTo(1);
        }
        return stage;
    }

    int port() {
        return service.port();
    }

    ServiceProcess service() {
        return service;
    }

    /** A bare connection, with what the service's own have set. */
    Connection connect() throws SQLException {
        return DriverManager.getConnection(url + "?useServerPrepStmts=true", login);
    }

    /** How much processor time each has had until now, in seconds. */
    Cpu cpu() throws IOException {
        return new Cpu(
                cpuSeconds(service.pid()),
                cpuSeconds(databasePid),
                cpuSeconds(ProcessHandle.current().pid()));
    }

    /** How much memory the service has resident now, in MB. */
    double serviceRss() throws IOException {
        return service.status("VmRSS") * 1024 / 1e6;
    }

    /** The most memory that the service has had resident since {@link #forgetPeak}, in MB. */
    double servicePeakRss() throws IOException {
        return service.status("VmHWM") * 1024 / 1e6;
    }

    void forgetPeak() throws IOException {
        Files.writeString(Path.of("/proc", Long.toString(service.pid()), "clear_refs"), "5");
    }

    /** How much processor time a process has had until now. */
    static double cpuSeconds(long pid) throws IOException {
        var stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
        var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
    }

    @Override
    public void close() {
        service.close();
        database.stop();
    }

    /** Seconds of processor time. */
    record Cpu(double service, double database, double client) {

        /** What was used since then, in processors. */
        Cpu since(Cpu before, double seconds) {
            return new Cpu(
                    (service - before.service) / seconds,
                    (database - before.database) / seconds,
                    (client - before.client) / seconds);
        }
    }
}
