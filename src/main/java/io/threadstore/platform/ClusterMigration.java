package io.threadstore.platform;

import io.quarkus.flyway.FlywayConfigurationCustomizer;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.Config;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.callback.Callback;
import org.flywaydb.core.api.callback.Context;
import org.flywaydb.core.api.callback.Event;
import org.flywaydb.core.api.configuration.Configuration;
import org.flywaydb.core.api.configuration.FluentConfiguration;

/**
 * Keeps replicas that start at the same time on a Galera cluster from migrating its schema at the same time. Flyway's own lock is one of
 * a node, so two of them would run the same statements, one of which fails and leaves a migration that has to be repaired by hand.
 */
@Singleton
class ClusterMigration implements FlywayConfigurationCustomizer {

    private final Config config;

    ClusterMigration(Config config) {
        this.config = config;
    }

    @Override
    public void customize(FluentConfiguration flyway) {
        if (DatabaseChoice.isCluster(config)) {
            flyway.callbacks(new OneAtATime());
        }
    }

    private static final class OneAtATime implements Callback {

        private static final Duration PATIENCE = Duration.ofSeconds(30);
        private static final int ATTEMPTS = 20;

        /** The first that there is of a migration, and what may be its last. */
        private static final Set<Event> EVENTS = EnumSet.of(
                Event.BEFORE_VALIDATE,
                Event.AFTER_VALIDATE_ERROR,
                Event.AFTER_MIGRATE_ERROR,
                Event.AFTER_MIGRATE_OPERATION_FINISH);

        private ClusterLock lock;

        @Override
        public boolean supports(Event event, Context context) {
            return EVENTS.contains(event);
        }

        @Override
        public boolean canHandleInTransaction(Event event, Context context) {
            return false;
        }

        @Override
        public void handle(Event event, Context context) {
            if (event == Event.BEFORE_VALIDATE) {
                createHistory(context.getConfiguration());
                lock(context.getConfiguration());
            } else if (lock != null) {
                lock.release();
                lock = null;
            }
        }

        /** Before there is any other table: Flyway takes a schema with tables and without a history for somebody else's. */
        private static void createHistory(Configuration configuration) {
            var nothing = Flyway.configure(configuration.getClassLoader())
                    .configuration(configuration)
                    .callbacks(new Callback[0])
                    .target("0?")
                    .load();
            for (var attempt = 1; ; attempt++) {
                try {
                    nothing.migrate();
                    return;
                } catch (FlywayException e) {
                    if (attempt == ATTEMPTS || !DatabaseFailures.isLostRace(e)) {
                        throw e;
                    }
                    pause();
                }
            }
        }

        private void lock(Configuration configuration) {
            try {
                lock = new ClusterLock(configuration.getDataSource(), PATIENCE);
                lock.acquire();
            } catch (SQLException e) {
                throw new FlywayException("the lock for migrations: " + e.getMessage(), e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new FlywayException("interrupted", e);
            }
        }

        private static void pause() {
            try {
                TimeUnit.MILLISECONDS.sleep(500);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new FlywayException("interrupted", e);
            }
        }

        @Override
        public String getCallbackName() {
            return "one replica at a time";
        }
    }
}
