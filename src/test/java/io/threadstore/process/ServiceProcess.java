package io.threadstore.process;

import io.threadstore.platform.PrivateDatabase;
import io.threadstore.platform.embedded.EmbeddedMariaDb;
import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The packaged service as a process of its own. */
public final class ServiceProcess implements AutoCloseable {

    private static final Duration START = Duration.ofMinutes(3);

    private final Process process;
    private final int port;
    private final Path log;
    private final HttpClient client = HttpClient.newHttpClient();

    /** Stopped after the process; null if that has its own, or was given one. */
    private PrivateDatabase database;

    private ServiceProcess(Process process, int port, Path log) {
        this.process = process;
        this.port = port;
        this.log = log;
    }

    /** Starts it on an embedded database in the directory, which a native executable can't start itself. */
    public static ServiceProcess onDirectory(Path directory, String... jvmArguments) throws Exception {
        if (!PackagedService.isNative()) {
            var service = launch(Map.of("THREADSTORE_EMBEDDED_DIRECTORY", directory.toString()), jvmArguments);
            service.awaitReady();
            return service;
        }
        var database = new EmbeddedMariaDb(directory);
        database.start();
        var environment = new HashMap<String, String>();
        database.connectionProperties()
                .forEach((name, value) ->
                        environment.put(name.toUpperCase(Locale.ROOT).replace('.', '_'), value));
        // as on a database of its own: a log for people
        environment.put("QUARKUS_LOG_CONSOLE_JSON_ENABLED", "false");
        var service = launch(environment, jvmArguments);
        service.database = database;
        service.awaitReady();
        return service;
    }

    /** Starts it as {@link #onDirectory}, for the JVM alone; its output goes into a pipe that is not read. */
    public static ServiceProcess onUnreadPipe(Path directory, String... jvmArguments) throws Exception {
        var service = launch(
                Map.of("THREADSTORE_EMBEDDED_DIRECTORY", directory.toString()),
                ProcessBuilder.Redirect.PIPE,
                jvmArguments);
        service.awaitReady();
        return service;
    }

    /** What it writes, where that goes into a pipe. */
    public InputStream standardOutput() {
        return process.getInputStream();
    }

    /** Starts it with this environment, and does not wait for it. */
    public static ServiceProcess launch(Map<String, String> environment, String... jvmArguments) throws IOException {
        return launch(environment, null, jvmArguments);
    }

    private static ServiceProcess launch(
            Map<String, String> environment, ProcessBuilder.@Nullable Redirect output, String... jvmArguments)
            throws IOException {
        var port = freePort();
        var log = Files.createTempFile(Path.of("target"), "service-", ".log");
        var options = Arrays.copyOf(jvmArguments, jvmArguments.length + 1);
        options[jvmArguments.length] = "-Dquarkus.http.port=" + port;
        var builder = new ProcessBuilder(PackagedService.command(options))
                .redirectErrorStream(true)
                .redirectOutput(output == null ? ProcessBuilder.Redirect.to(log.toFile()) : output);
        builder.environment().keySet().removeIf(name -> name.startsWith("THREADSTORE_"));
        builder.environment().putAll(environment);
        return new ServiceProcess(builder.start(), port, log);
    }

    public void awaitReady() throws Exception {
        var deadline = System.nanoTime() + START.toNanos();
        while (System.nanoTime() < deadline) {
            if (!process.isAlive()) {
                throw new AssertionError("the service ended:\n" + output());
            }
            if (statusOf("/q/health/ready") == 200) {
                return;
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
        throw new AssertionError("the service is not ready:\n" + output());
    }

    /** The status of a GET; 0 if nobody answers. */
    public int statusOf(String path) throws InterruptedException {
        try {
            var request = HttpRequest.newBuilder(uri(path))
                    .timeout(Duration.ofSeconds(20))
                    .build();
            return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
        } catch (IOException e) {
            return 0;
        }
    }

    public HttpResponse<String> get(String path) throws Exception {
        return client.send(HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    public HttpResponse<String> post(String path, String json) throws Exception {
        return post(path, "application/json", json);
    }

    public HttpResponse<String> post(String path, String contentType, String body) throws Exception {
        var request = HttpRequest.newBuilder(uri(path))
                .header("Content-Type", contentType)
                .timeout(Duration.ofSeconds(30))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }

    public URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    public long pid() {
        return process.pid();
    }

    public int port() {
        return port;
    }

    public HttpClient client() {
        return client;
    }

    /** How many files and sockets it has open; 0 where the system does not tell. */
    public long openFiles() throws IOException {
        var directory = Path.of("/proc", Long.toString(process.pid()), "fd");
        if (!Files.isReadable(directory)) {
            return 0;
        }
        try (var files = Files.list(directory)) {
            return files.count();
        }
    }

    /** A number that Linux tells of the process, such as {@code Threads}, or {@code VmRSS} in KiB. */
    public long status(String name) throws IOException {
        for (var line : Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "status"))) {
            if (line.startsWith(name + ":")) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        throw new IOException("the system does not tell " + name);
    }

    /** Ends it as a crash does. */
    public void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
        stopDatabase();
    }

    /** Asks it to end, and does not wait. */
    public void askToEnd() {
        process.destroy();
    }

    /** Waits for its end. */
    public int awaitEnd() throws InterruptedException {
        if (!process.waitFor(2, TimeUnit.MINUTES)) {
            throw new AssertionError("the service does not end:\n" + output());
        }
        stopDatabase();
        return process.exitValue();
    }

    public String output() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(2, TimeUnit.MINUTES)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        stopDatabase();
    }

    private void stopDatabase() {
        if (database != null) {
            database.stop();
            database = null;
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
