package io.threadstore.platform;

import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/**
 * Liveness: for how many milliseconds each supervised work has made no progress. DOWN means that one exceeds its limit,
 * and that only a restart helps.
 */
@Liveness
@ApplicationScoped
class StuckWorkHealth implements HealthCheck {

    private static final String CHECK = "Stuck work";

    private final Supervisor supervisor;

    StuckWorkHealth(Supervisor supervisor) {
        this.supervisor = supervisor;
    }

    @Override
    public HealthCheckResponse call() {
        var response = HealthCheckResponse.named(CHECK).up();
        for (var work : supervisor.supervised()) {
            var age = work.stuckMillis();
            response.withData(work.name(), age);
            if (age > work.stuckLimitMillis()) {
                response.down();
            }
        }
        return response.build();
    }
}
