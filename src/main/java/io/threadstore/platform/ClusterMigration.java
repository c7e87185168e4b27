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
import org.jspecify.annotations.Nullable;

/**
 * Keeps replicas that start at the same time on a Galera cluster from migrating its schema at the same time. Flyway's own lock is one of
 * a node, so two of them would run the same statements, one of which fails and leaves a migration that has to be repaired by hand.
 */
@Singleton
class ClusterMigration implements FlywayConfigurationCustomizer {

    private static final String VALIDATES = "quarkus.flyway.validate-at-start";

    private final Config config;

    ClusterMigration(Config config) {
        this.config = config;
    }

    @Override
    public void customize(FluentConfiguration flyway) {
        if (DatabaseChoice.isCluster(config)) {
            flyway.callbacks(new OneAtATime(
                    config.getOptionalValue(VALIDATES, Boolean.class).orElse(false)));
        }
    }

    private static final class OneAtATime implements Callback {

        private static final Duration PATIENCE = Duration.ofSeconds(30);
        private static final int ATTEMPTS = 20;

        /** The first that there is of a migration: the validation of what was done before, unless that is turned off. */
        private static final Set<Event> FIRST = EnumSet.of(Event.BEFORE_VALIDATE, Event.BEFORE_MIGRATE);

        /** What may be its last. */
        private static final Set<Event> LAST =
                EnumSet.of(Event.AFTER_VALIDATE_ERROR, Event.AFTER_MIGRATE_ERROR, Event.AFTER_MIGRATE_OPERATION_FINISH);

        /** Whether a validation comes first that belongs to no migration: it changes nothing. */
        private boolean validates;

        private @Nullable ClusterLock lock;

        OneAtATime(boolean validates) {
            this.validates = validates;
        }

        @Override
        public boolean supports(Event event, Context context) {
            return FIRST.contains(event) || LAST.contains(event);
        }

        @Override
        public boolean canHandleInTransaction(Event event, Context context) {
            return false;
        }

        @Override
        public void handle(Event event, Context context) {
            var held = lock;
            if (validates && event == Event.BEFORE_VALIDATE) {
                validates = false;
            } else if (FIRST.contains(event) && held == null) {
                createHistory(context.getConfiguration());
                lock = acquire(context.getConfiguration());
            } else if (LAST.contains(event) && held != null) {
                held.release();
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
            var lost = 0;
            while (true) {
                try {
                    nothing.migrate();
                    return;
                } catch (FlywayException e) {
                    // another replica's migration may take as long as it likes
                    if (!DatabaseFailures.hasWaitedTooLong(e)
                            && !(DatabaseFailures.isLostRace(e) && ++lost < ATTEMPTS)) {
                        throw e;
                    }
                    pause();
                }
            }
        }

        private static ClusterLock acquire(Configuration configuration) {
            try {
                var lock = new ClusterLock(configuration.getDataSource(), PATIENCE);
                lock.acquire();
                return lock;
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
