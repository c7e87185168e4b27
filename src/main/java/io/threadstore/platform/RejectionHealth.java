package io.threadstore.platform;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import jakarta.annotation.PostConstruct;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/**
 * Readiness reports which limits have rejected work in the last {@value #RECENT_SECONDS} seconds, with the number of
 * rejections since the start. It is always UP: a replica that rejects the excess of one tenant still serves the others.
 */
@Startup // rejections count from the start
@Readiness
@ApplicationScoped
class RejectionHealth implements HealthCheck, Supervised {

    static final int RECENT_SECONDS = 10;

    private static final String CHECK = "Rejected work";
    private static final String METRIC = "threadstore.overload";
    private static final String LIMIT = "limit";

    private final MeterRegistry registry;
    private final Supervisor supervisor;
    private final Map<String, Seen> seen = new ConcurrentHashMap<>();

    RejectionHealth(MeterRegistry registry, Supervisor supervisor) {
        this.registry = registry;
        this.supervisor = supervisor;
    }

    @PostConstruct
    void start() {
        enforceLimits();
        supervisor.supervise(this);
    }

    @Override
    public HealthCheckResponse call() {
        enforceLimits();
        var response = HealthCheckResponse.named(CHECK).up();
        var recent = System.nanoTime() - TimeUnit.SECONDS.toNanos(RECENT_SECONDS);
        seen.forEach((limit, last) -> {
            if (last.hasGrown && last.grownAt - recent > 0) {
                response.withData(limit, last.count);
            }
        });
        return response.build();
    }

    /** Notes which of the counters of rejections have grown. */
    @Override
    public void enforceLimits() {
        for (var counter : registry.find(METRIC).counters()) {
            seen.merge(
                    nameOf(counter),
                    new Seen((long) counter.count(), 0, false),
                    (before, now) -> now.count > before.count ? new Seen(now.count, System.nanoTime(), true) : before);
        }
    }

    private static String nameOf(Counter counter) {
        return String.valueOf(counter.getId().getTag(LIMIT));
    }

    @Override
    public String name() {
        return "rejections";
    }

    @Override
    public long stuckMillis() {
        return 0;
    }

    @Override
    public long stuckLimitMillis() {
        return Long.MAX_VALUE;
    }

    private record Seen(long count, long grownAt, boolean hasGrown) {}
}
