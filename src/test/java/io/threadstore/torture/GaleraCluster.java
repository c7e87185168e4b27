package io.threadstore.torture;

import static org.assertj.core.api.Assertions.assertThat;

import io.threadstore.process.TcpProxy;
import io.threadstore.testsupport.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Three nodes of a Galera cluster, by deploy/galera/cluster. Each service has a way to each node, and prefers another node than the other
 * service does; Connector/J goes on to the next where one does not answer.
 */
final class GaleraCluster implements Database {

    private static final int NODES = 3;
    private static final int PORT = 13_300;
    private static final String SCRIPT = "deploy/galera/cluster";

    private final Path directory;
    private final List<List<TcpProxy>> ways = new ArrayList<>();

    GaleraCluster(int services) throws Exception {
        // as root, nodes run as another user, who may not enter any directory
        directory = Files.createTempDirectory("threadstore-galera-");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        try {
            script("start");
        } catch (IOException e) {
            script("stop");
            throw e;
        }
        for (var service = 0; service < services; service++) {
            var own = new ArrayList<TcpProxy>();
            for (var node = 1; node <= NODES; node++) {
                own.add(new TcpProxy("127.0.0.1", PORT + node));
            }
            ways.add(own);
        }
    }

    private void script(String command, String... more) throws IOException {
        var line = new ArrayList<>(List.of(SCRIPT, command, directory.toString()));
        line.addAll(List.of(more));
        var process = new ProcessBuilder(line)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve(command + ".log").toFile())
                .start();
        // not interruptible: a cluster that is half started or ended is of no use
        var status = process.onExit().join().exitValue();
        if (status != 0) {
            throw new IOException(line + " ended with " + status);
        }
    }

    @Override
    public String url(int service) {
        var url = new StringBuilder("jdbc:mariadb:sequential://");
        for (var i = 0; i < NODES; i++) {
            var way = ways.get(service).get((i + service) % NODES);
            url.append(i == 0 ? "" : ",").append("127.0.0.1:").append(way.port());
        }
        return url.append("/threadstore").toString();
    }

    @Override
    public String username() {
        return "threadstore";
    }

    @Override
    public String password() {
        return "threadstore";
    }

    @Override
    public String[] options() {
        return new String[] {"-Dthreadstore.db.cluster=true"};
    }

    @Override
    public Set<Rig.Fault> faults() {
        return Set.of(Rig.Fault.ISOLATE_NODE);
    }

    @Override
    public int servers() {
        return NODES;
    }

    @Override
    public Connection connect(int server) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:mariadb://127.0.0.1:" + (PORT + 1 + server) + "/threadstore?sessionVariables=wsrep_sync_wait=1",
                username(),
                password());
    }

    @Override
    public void kill(Random random) throws Exception {
        var node = 1 + random.nextInt(NODES);
        Rig.signal("KILL", pid(node));
        TimeUnit.MILLISECONDS.sleep(random.nextInt(5000));
        script("node", Integer.toString(node));
    }

    @Override
    public void isolate(Random random, Meanwhile meanwhile) throws Exception {
        var node = Integer.toString(1 + used(random.nextInt(ways.size())));
        script("isolate", node);
        meanwhile.look();
        TimeUnit.MILLISECONDS.sleep(random.nextInt(10_000));
        script("rejoin", node);
    }

    @Override
    public void awaitWhole() throws Exception {
        script("await");
    }

    @Override
    public long pid(Random random) throws IOException {
        return pid(1 + random.nextInt(NODES));
    }

    private long pid(int node) throws IOException {
        return Long.parseLong(
                Files.readString(directory.resolve("n" + node).resolve("pid")).strip());
    }

    @Override
    public void cut(int service, long millis) throws Exception {
        ways.get(service).get(used(service)).cut(millis);
    }

    @Override
    public void silence(int service, long millis) throws Exception {
        ways.get(service).get(used(service)).silence(millis);
    }

    /** The node, from 0, that most of its connections lead to. */
    private int used(int service) {
        var own = ways.get(service);
        var used = 0;
        for (var node = 1; node < NODES; node++) {
            if (own.get(node).connections() > own.get(used).connections()) {
                used = node;
            }
        }
        assertThat(own.get(used).connections())
                .as("connections of the service %d", service)
                .isPositive();
        return used;
    }

    @Override
    public void delay(int service, long millis) {
        ways.get(service).forEach(way -> way.delay(millis));
    }

    @Override
    public void close() throws IOException {
        for (var own : ways) {
            for (var way : own) {
                way.close();
            }
        }
        script("stop");
        // the logs stay
        for (var node = 1; node <= NODES; node++) {
            Trees.delete(directory.resolve("n" + node).resolve("data"));
        }
    }
}
