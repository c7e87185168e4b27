package io.threadstore.platform;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Gives the timers that an operator asks for quantiles the buckets to tell them from. They are few and fixed, because each is a series for every
 * route and status; Micrometer's own set has 69.
 */
@Singleton
class LatencyBuckets implements MeterFilter {

    private static final Set<String> TIMERS =
            Set.of("http.server.requests", "grpc.server.processing.duration", "threadstore.append");

    private static final double[] NANOSECONDS = Stream.of(
                    "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "30")
            .mapToDouble(seconds -> Duration.parse("PT" + seconds + "S").toNanos())
            .toArray();

    @Override
    public DistributionStatisticConfig configure(Meter.Id id, DistributionStatisticConfig config) {
        return TIMERS.contains(id.getName())
                ? DistributionStatisticConfig.builder()
                        .serviceLevelObjectives(NANOSECONDS)
                        .build()
                        .merge(config)
                : config;
    }
}
