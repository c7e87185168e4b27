package io.threadstore.platform;

import static org.assertj.core.api.Assertions.assertThat;

import io.agroal.api.AgroalDataSource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.threadstore.testsupport.TestDatabase;
import jakarta.inject.Inject;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Migrations of a history of their own, of nothing: when they take the lock, and that they give it back. */
@QuarkusTest
@WithTestResource(TestDatabase.class)
class ClusterMigrationTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Inject
    AgroalDataSource dataSource;

    @AfterEach
    void dropTables() throws SQLException {
        execute("DROP TABLE IF EXISTS migration_lock, history_of_a_test");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void waitsForAnotherAndGivesTheLockBack(boolean validatesOnMigrate) throws Exception {
        var other = new ClusterLock(dataSource, PATIENCE);
        other.acquire();
        var flyway = flyway(false).validateOnMigrate(validatesOnMigrate).load();

        var migration = CompletableFuture.supplyAsync(flyway::migrate);
        TimeUnit.SECONDS.sleep(2);
        assertThat(migration).isNotDone();
        other.release();

        assertThat(migration.get(1, TimeUnit.MINUTES).success).isTrue();
        assertThat(locks()).isZero();
    }

    @Test
    void validationBeforeTheMigrationLeavesNoLock() throws Exception {
        flyway(false).load().migrate();
        var flyway = flyway(true).load();

        flyway.validate();
        assertThat(locks()).isZero();
        flyway.migrate();
        assertThat(locks()).isZero();
    }

    private FluentConfiguration flyway(boolean validatesAtStart) {
        var configuration = Flyway.configure()
                .dataSource(dataSource)
                .table("history_of_a_test")
                .locations("classpath:db/of-a-test")
                .baselineOnMigrate(true);
        var config = new SmallRyeConfigBuilder()
                .withSources(new PropertiesConfigSource(
                        Map.of(
                                "threadstore.db.cluster",
                                "true",
                                "quarkus.flyway.validate-at-start",
                                Boolean.toString(validatesAtStart)),
                        "test",
                        1000))
                .build();
        new ClusterMigration(config).customize(configuration);
        return configuration;
    }

    private int locks() throws SQLException {
        try (var connection = dataSource.getConnection();
                var statement = connection.createStatement();
                var row = statement.executeQuery("SELECT COUNT(*) FROM migration_lock")) {
            row.next();
            return row.getInt(1);
        }
    }

    private void execute(String sql) throws SQLException {
        try (var connection = dataSource.getConnection();
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
