package io.threadstore.rollout;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.threadstore.platform.AfterCommit;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

/** Counts what was appended, once it is committed. */
@Startup // counters are there, at 0, before the first append
@ApplicationScoped
class RolloutMetrics {

    private final Counter appends;
    private final Counter items;
    private final Counter bytes;
    private final AfterCommit afterCommit;

    RolloutMetrics(MeterRegistry registry, AfterCommit afterCommit) {
        this.appends = Counter.builder("threadstore.appends")
                .description("Appends that stored items, imports included")
                .register(registry);
        this.items = Counter.builder("threadstore.items")
                .description("Rollout items stored")
                .register(registry);
        this.bytes = Counter.builder("threadstore.item.bytes")
                .baseUnit("bytes")
                .description("Bytes of rollout items stored")
                .register(registry);
        this.afterCommit = afterCommit;
    }

    void appended(List<RolloutItem> stored) {
        appended(
                stored.size(),
                stored.stream().mapToLong(item -> item.text().length()).sum());
    }

    void appended(long count, long byteCount) {
        afterCommit.run(() -> {
            appends.increment();
            items.increment(count);
            bytes.increment(byteCount);
        });
    }
}
