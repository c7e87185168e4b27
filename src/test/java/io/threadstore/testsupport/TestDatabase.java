package io.threadstore.testsupport;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.threadstore.platform.PrivateDatabase;
import io.threadstore.platform.embedded.EmbeddedMariaDb;
import java.nio.file.Path;
import java.util.Map;

/** The real MariaDB that tests run on: the server that THREADSTORE_DB_URL names, or else an embedded one below target. */
public final class TestDatabase implements QuarkusTestResourceLifecycleManager {

    private PrivateDatabase database;

    /** Whether a server is given, and tests must leave its process alone. */
    public static boolean isGiven() {
        var url = System.getenv("THREADSTORE_DB_URL");
        return url != null && !url.isBlank();
    }

    @Override
    public Map<String, String> start() {
        if (isGiven()) {
            return Map.of();
        }
        database = new EmbeddedMariaDb(Path.of("target", "test-database"));
        database.start();
        return database.connectionProperties();
    }

    @Override
    public void stop() {
        if (database != null) {
            database.stop();
        }
    }
}
