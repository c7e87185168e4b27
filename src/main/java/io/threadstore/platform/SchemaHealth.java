package io.threadstore.platform;

import io.agroal.api.AgroalDataSource;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.sql.SQLException;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;
import org.eclipse.microprofile.health.Startup;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationVersion;

/** Whether the database answers and has the schema that this build needs. */
@Readiness
@Startup
@ApplicationScoped
class SchemaHealth implements HealthCheck {

    private static final String CHECK = "Database schema";

    private final AgroalDataSource dataSource;
    private volatile String needed = "unknown";

    SchemaHealth(@Reserved AgroalDataSource dataSource) {
        this.dataSource = dataSource;
    }

    /** At start, while the database is known to be there: it has just been migrated. */
    void learn(@Observes StartupEvent start, Flyway flyway) {
        var migrations = flyway.info().all();
        needed = migrations[migrations.length - 1].getVersion().getVersion();
    }

    /** A newer schema is as good: while replicas are replaced one by one, the first new one has migrated it. */
    private boolean isAtLeast(String installed) {
        return MigrationVersion.fromVersion(installed).isAtLeast(needed);
    }

    @Override
    public HealthCheckResponse call() {
        var response = HealthCheckResponse.named(CHECK).withData("needed", needed);
        try (var connection = dataSource.getConnection();
                var statement = connection.createStatement();
                var row = statement.executeQuery(
                        "SELECT version FROM flyway_schema_history WHERE success ORDER BY installed_rank DESC LIMIT 1")) {
            var installed = row.next() ? row.getString(1) : "0";
            return response.withData("installed", installed)
                    .status(isAtLeast(installed))
                    .build();
        } catch (SQLException e) {
            return response.withData("reason", "the database can't be reached")
                    .down()
                    .build();
        }
    }
}
