package io.threadstore.attack;

import io.threadstore.platform.embedded.EmbeddedMariaDb;
import io.threadstore.process.ServiceProcess;
import io.threadstore.testsupport.TestIssuer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The packaged service that is attacked: with the images' JVM options, a small heap, and tokens required. */
final class Victim implements AutoCloseable {

    static final String HOST = "127.0.0.1";

    private static final Path JVM_OPTIONS = Path.of("deploy/docker/jvm-options");

    private final TestIssuer issuer = new TestIssuer();
    private final EmbeddedMariaDb database;
    private final ServiceProcess service;

    /** @param heapMegabytes 60 % of the container's memory, as in the images */
    Victim(int heapMegabytes) throws Exception {
        var directory = Path.of("target", "attack-database");
        database = new EmbeddedMariaDb(directory);
        database.start();
        var connection = database.connectionProperties();
        var settings = issuer.start();
        service = ServiceProcess.launch(
                Map.of(
                        "THREADSTORE_DB_URL", connection.get("threadstore.db.url"),
                        "THREADSTORE_DB_USERNAME", connection.get("threadstore.db.username"),
                        "THREADSTORE_DB_PASSWORD", connection.get("threadstore.db.password"),
                        "THREADSTORE_AUTH_ISSUER", settings.get("threadstore.auth.issuer"),
                        "THREADSTORE_AUTH_AUDIENCE", settings.get("threadstore.auth.audience"),
                        "MALLOC_ARENA_MAX", "2",
                        "MALLOC_MMAP_THRESHOLD_", "131072",
                        "MALLOC_TRIM_THRESHOLD_", "131072"),
                options(heapMegabytes).toArray(String[]::new));
        service.awaitReady();
    }

    /** The lines of the images' option file, and what a container of that size would choose. */
    private static List<String> options(int heapMegabytes) throws IOException {
        var options = new ArrayList<String>();
        for (var line : Files.readAllLines(JVM_OPTIONS)) {
            var option = line.strip();
            if (!option.isEmpty() && !option.startsWith("#") && !option.contains("MaxRAMPercentage")) {
                options.add(option);
            }
        }
        options.add("-Xmx" + heapMegabytes + "m");
        options.add("-Xms8m"); // InitialRAMPercentage of 512 MiB
        options.add("-XX:+UseSerialGC");
        options.addAll(List.of(
                System.getProperty("attack.jvm", "-Dthreadstore.attacked").split(" ")));
        options.add("-Dquarkus.http.host=" + HOST);
        return options;
    }

    int port() {
        return service.port();
    }

    String url(String path) {
        return service.uri(path).toString();
    }

    String metrics() throws Exception {
        return service.get("/q/metrics").body();
    }

    boolean isAlive() {
        return ProcessHandle.of(service.pid()).map(ProcessHandle::isAlive).orElse(false);
    }

    String output() {
        return service.output();
    }

    /** What is resident of the process, in megabytes. */
    long residentMegabytes() throws IOException {
        return service.status("VmRSS") / 1024;
    }

    static String token(String tenant) {
        return TestIssuer.token(tenant, "threads:read", "threads:write", "threads:delete");
    }

    @Override
    public void close() {
        try {
            service.close();
            issuer.stop();
        } finally {
            database.stop();
        }
    }
}
