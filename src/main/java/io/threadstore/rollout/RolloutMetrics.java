package io.threadstore.rollout;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.quarkus.runtime.Startup;
import io.threadstore.platform.AfterCommit;
import io.threadstore.platform.CurrentCaller;
import io.threadstore.platform.MetricsSettings;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Counts what was appended, once it is committed. */
@Startup // counters are there, at 0, before the first append
@ApplicationScoped
class RolloutMetrics {

    private static final String EVERYONE = "all";

    private final MeterRegistry registry;
    private final AfterCommit afterCommit;
    private final CurrentCaller caller;
    private final boolean byTenant;
    private final Timer latency;
    private final Map<String, Counters> counters = new ConcurrentHashMap<>();

    RolloutMetrics(MeterRegistry registry, AfterCommit afterCommit, CurrentCaller caller, MetricsSettings settings) {
        this.registry = registry;
        this.afterCommit = afterCommit;
        this.caller = caller;
        this.byTenant = settings.byTenant();
        this.latency = Timer.builder("threadstore.append")
                .description("An append that stored items, from before the thread's lock to the end of the commit")
                .register(registry);
        if (!byTenant) {
            of(EVERYONE);
        }
    }

    /** Where an append begins. */
    Timer.Sample begin() {
        return Timer.start(registry);
    }

    /** An append that stored items has been committed. */
    void took(Timer.Sample timing) {
        timing.stop(latency);
    }

    void appended(List<RolloutItem> stored) {
        appended(
                stored.size(),
                stored.stream().mapToLong(item -> item.text().length()).sum());
    }

    void appended(long count, long byteCount) {
        var counted = ofCaller();
        afterCommit.run(() -> counted.add(count, byteCount));
    }

    /** Counts an append that is committed already. */
    void committed(String tenant, AppendGroups.Stored append) {
        ofTenant(tenant).add(append.result().appended(), append.bytes());
    }

    private Counters ofCaller() {
        return of(byTenant ? caller.get().tenant() : EVERYONE);
    }

    private Counters ofTenant(String tenant) {
        return of(byTenant ? tenant : EVERYONE);
    }

    private Counters of(String tenant) {
        return counters.computeIfAbsent(
                tenant,
                name -> new Counters(
                        counter("threadstore.appends", "Appends that stored items, imports included", name)
                                .register(registry),
                        counter("threadstore.items", "Rollout items stored", name)
                                .register(registry),
                        counter("threadstore.item.bytes", "Bytes of rollout items stored", name)
                                .baseUnit("bytes")
                                .register(registry)));
    }

    private Counter.Builder counter(String name, String description, String tenant) {
        var counter = Counter.builder(name).description(description);
        return byTenant ? counter.tag("tenant", tenant) : counter;
    }

    private record Counters(Counter appends, Counter items, Counter bytes) {

        void add(long itemCount, long byteCount) {
            appends.increment();
            items.increment(itemCount);
            bytes.increment(byteCount);
        }
    }
}
