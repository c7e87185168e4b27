package io.threadstore.platform;

import io.agroal.api.AgroalDataSource;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.SQLException;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;
import org.eclipse.microprofile.health.Startup;
import org.flywaydb.core.Flyway;

/** Whether the database answers and has the schema that this build needs. */
@Readiness
@Startup
@ApplicationScoped
class SchemaHealth implements HealthCheck {

    private static final String CHECK = "Database schema";

    private final AgroalDataSource dataSource;
    private final String needed;

    SchemaHealth(AgroalDataSource dataSource, Flyway flyway) {
        this.dataSource = dataSource;
        var migrations = flyway.info().all();
        this.needed = migrations[migrations.length - 1].getVersion().getVersion();
    }

    @Override
    public HealthCheckResponse call() {
        var response = HealthCheckResponse.named(CHECK).withData("needed", needed);
        try (var connection = dataSource.getConnection();
                var statement = connection.createStatement();
                var row = statement.executeQuery(
                        "SELECT version FROM flyway_schema_history WHERE success ORDER BY installed_rank DESC LIMIT 1")) {
            var installed = row.next() ? row.getString(1) : "none";
            return response.withData("installed", installed)
                    .status(installed.equals(needed))
                    .build();
        } catch (SQLException e) {
            return response.withData("reason", "the database can't be reached")
                    .down()
                    .build();
        }
    }
}
