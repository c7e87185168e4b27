package io.threadstore.torture;

import io.threadstore.platform.embedded.EmbeddedMariaDb;
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
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/** One MariaDB: the embedded one, with a binary log as docs/operations.md wants it, on a disk of its own that can be filled. */
final class SingleServer implements Database {

    private static final Logger LOG_OF_THE_SERVER = Logger.getLogger("ch.vorburger");

    static {
        // that a table is full it says a thousand times
        LOG_OF_THE_SERVER.setLevel(Level.OFF);
    }

    private static final String[] OPTIONS = {
        "--log-bin", "--sync-binlog=1", "--max-binlog-size=64M", "--max-binlog-total-size=512M"
    };

    private final SmallDisk disk = new SmallDisk();
    private final EmbeddedMariaDb server = new EmbeddedMariaDb(disk.directory(), OPTIONS);
    private final List<TcpProxy> ways = new ArrayList<>();

    SingleServer(int services) throws Exception {
        server.start();
        for (var i = 0; i < services; i++) {
            ways.add(new TcpProxy("127.0.0.1", uri().getPort()));
        }
    }

    private String property(String name) {
        return server.connectionProperties().get("threadstore.db." + name);
    }

    private URI uri() {
        return URI.create(property("url").substring("jdbc:".length()));
    }

    @Override
    public String url(int service) {
        return "jdbc:mariadb://127.0.0.1:" + ways.get(service).port() + uri().getPath();
    }

    @Override
    public String username() {
        return property("username");
    }

    @Override
    public String password() {
        return property("password");
    }

    @Override
    public String[] options() {
        return new String[0];
    }

    @Override
    public int servers() {
        return 1;
    }

    @Override
    public Connection connect(int server) throws SQLException {
        return DriverManager.getConnection(property("url"), username(), password());
    }

    @Override
    public Set<Rig.Fault> faults() {
        return disk.canBeFilled() ? Set.of(Rig.Fault.FILL_DISK) : Set.of();
    }

    @Override
    public void fillDisk(Random random, Meanwhile meanwhile) throws Exception {
        disk.fill();
        try {
            meanwhile.look();
            TimeUnit.MILLISECONDS.sleep(2000 + random.nextInt(6000));
        } finally {
            disk.makeRoom();
        }
        // some versions end when they can't write; 11.4 waits for room to write its binary log, and does not notice
        // that there is some again
        if (!isAlive()) {
            restart();
        } else if (waitsForRoom()) {
            kill(random);
        }
    }

    private boolean waitsForRoom() throws SQLException {
        try (var connection = connect(0);
                var statement = connection.createStatement();
                var row = statement.executeQuery("SELECT COUNT(*) FROM information_schema.processlist"
                        + " WHERE state = 'Waiting for someone to free space'")) {
            row.next();
            return row.getInt(1) > 0;
        }
    }

    private boolean isAlive() throws Exception {
        return Files.exists(pidFile())
                && ProcessHandle.of(pid(new Random()))
                        .filter(ProcessHandle::isAlive)
                        .isPresent();
    }

    @Override
    public void kill(Random random) throws Exception {
        Rig.signal("KILL", pid(random));
        TimeUnit.MILLISECONDS.sleep(random.nextInt(3000));
        restart();
    }

    private void restart() throws Exception {
        server.stop();
        server.start();
        for (var way : ways) {
            way.leadTo(uri().getPort());
        }
    }

    @Override
    public long pid(Random random) throws Exception {
        return Long.parseLong(Files.readString(pidFile()).strip());
    }

    private Path pidFile() {
        return disk.directory().resolve("mariadb/mariadbd.pid");
    }

    @Override
    public void cut(int service, long millis) throws Exception {
        ways.get(service).cut(millis);
    }

    @Override
    public void silence(int service, long millis) throws Exception {
        ways.get(service).silence(millis);
    }

    @Override
    public void delay(int service, long millis) {
        ways.get(service).delay(millis);
    }

    @Override
    public void close() throws IOException {
        for (var way : ways) {
            way.close();
        }
        server.stop();
        disk.close();
    }
}
