package io.threadstore.platform;

import io.smallrye.config.SmallRyeConfig;
import java.nio.file.Path;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.Config;
import org.jspecify.annotations.Nullable;

/**
 * Which database a run uses, decided before the application starts: the one whose URL is configured, or a private one, whose
 * connection then becomes configuration like any other.
 */
public final class DatabaseChoice {

    private static final String URL = "quarkus.datasource.jdbc.url";
    private static final String SHORT_URL = "threadstore.db.url";
    private static final String CLUSTER = "threadstore.db.cluster";
    private static final String DRIVER = "quarkus.datasource.jdbc.additional-jdbc-properties.";

    /** What a connection to a Galera cluster needs, each found by the torture test (docs/reliability.md). */
    private static final Map<String, String> FOR_A_CLUSTER = Map.of(
            // MariaDB 10.11 loses the inserts of a bulk statement whose transaction another node aborts, and commits
            // what follows
            DRIVER + "useBulkStmts",
            "false",
            // a PREPARE that fails, sent together with its execution, ends in the driver's NullPointerException
            DRIVER + "disablePipeline",
            "true",
            // a node that has lost the others still takes connections and answers pings, but refuses this: so the
            // driver goes on to the next node, and the pool drops what it had
            DRIVER + "initSql",
            "DO 1",
            // twice to each of three: where all refuse, the driver's 120 attempts are a storm of connections
            DRIVER + "retriesAllDown",
            "6",
            "quarkus.datasource.jdbc.validation-query-sql",
            "DO 1",
            // the question itself must not become another one, SET STATEMENT; the socket's time-out ends it
            "quarkus.datasource.jdbc.validation-query-timeout",
            "0S",
            // where a new connection is lost while it is asked for this, the driver goes on to the next node with a
            // NullPointerException; as a session variable it comes with each connection
            "quarkus.datasource.jdbc.transaction-isolation-level",
            "undefined");

    private static final String SESSION_VARIABLES = DRIVER + "sessionVariables";

    /** Beside the others: reads wait until their node has applied what was committed before on any other. */
    private static final String SESSION_OF_A_CLUSTER = "wsrep_sync_wait=1,tx_isolation='READ-COMMITTED'";

    private static final String EMBEDDED = "threadstore.embedded.enabled";
    private static final String DIRECTORY = "threadstore.embedded.directory";
    private static final String JSON_LOG = "quarkus.log.console.json.enabled";

    /** The application's own grace period, and some more. */
    private static final long STOP_SECONDS = 120;

    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile boolean started;

    private DatabaseChoice() {}

    /**
     * Decides, and starts a private database if there has to be one. It is stopped when the process ends, after the
     * application.
     *
     * @throws IllegalStateException with a message for the operator
     */
    public static DatabaseChoice make(SmallRyeConfig config) {
        var choice = new DatabaseChoice();
        if (isSet(config, URL) || isSet(config, SHORT_URL)) {
            if (isCluster(config)) {
                FOR_A_CLUSTER.forEach(System::setProperty);
                System.setProperty(
                        SESSION_VARIABLES,
                        config.getValue(SESSION_VARIABLES, String.class) + "," + SESSION_OF_A_CLUSTER);
            }
            return choice;
        }
        var launcher = isEmbeddedAllowed(config) ? findLauncher() : null;
        if (launcher == null) {
            throw new IllegalStateException(
                    "No database is configured. Set THREADSTORE_DB_URL (jdbc:mariadb://HOST:3306/DATABASE),"
                            + " THREADSTORE_DB_USERNAME and THREADSTORE_DB_PASSWORD.");
        }
        var directory = config.getOptionalValue(DIRECTORY, String.class)
                .map(Path::of)
                .orElseGet(() -> Path.of(System.getProperty("user.home"), ".threadstore"));
        var database = launcher.of(directory);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> choice.stop(database), "embedded-database-stop"));
        database.start();
        choice.started = true;
        database.connectionProperties().forEach(System::setProperty);
        // a run on a private database is somebody's laptop: a log for people
        setUnlessSet(config, JSON_LOG, "false");
        return choice;
    }

    /** Whether the operator has said that the database is a Galera cluster. */
    static boolean isCluster(Config config) {
        return config.getOptionalValue(CLUSTER, Boolean.class).orElse(false);
    }

    /** Says that the application makes no more use of the database. */
    public void applicationStopped() {
        stopped.countDown();
    }

    private void stop(PrivateDatabase database) {
        try {
            // a signal may come before there is an application to wait for
            if (started) {
                stopped.await(STOP_SECONDS, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        database.stop();
    }

    private static @Nullable DatabaseLauncher findLauncher() {
        return ServiceLoader.load(DatabaseLauncher.class).findFirst().orElse(null);
    }

    private static boolean isEmbeddedAllowed(SmallRyeConfig config) {
        return config.getOptionalValue(EMBEDDED, Boolean.class).orElse(true);
    }

    private static boolean isSet(SmallRyeConfig config, String name) {
        return config.getOptionalValue(name, String.class)
                .filter(value -> !value.isBlank())
                .isPresent();
    }

    private static void setUnlessSet(SmallRyeConfig config, String name, String value) {
        if (!isSet(config, name)) {
            System.setProperty(name, value);
        }
    }
}
