package io.threadstore.connection;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Locale;

/** Publishes the counts of connections. */
@Startup // every reason is there, at 0, before the first rejection
@ApplicationScoped
class ConnectionMetrics {

    ConnectionMetrics(MeterRegistry registry) {
        var counts = ConnectionCounts.INSTANCE;
        Gauge.builder("threadstore.connections", counts, ConnectionCounts::openNow)
                .description("Open connections to the HTTP servers, those in the TLS handshake included")
                .register(registry);
        FunctionCounter.builder("threadstore.connections.idle.closed", counts, ConnectionCounts::idleClosedSoFar)
                .description(
                        "Connections closed because they had no request in progress for threadstore.connections.idle-timeout")
                .register(registry);
        for (var reason : ConnectionCounts.Reason.values()) {
            FunctionCounter.builder(
                            "threadstore.connections.rejected", counts, current -> current.rejectedSoFar(reason))
                    .description("Connections closed and requests rejected before they reached the application")
                    .tag("reason", reason.name().toLowerCase(Locale.ROOT))
                    .register(registry);
        }
    }
}
