package io.threadstore.platform.limits;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.threadstore.platform.Limits;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ScheduledThreadPoolExecutor;

/**
 * The service's limits on what is in progress at once. Each rejection increments {@code threadstore.overload} with the
 * limit's name, and says its limit in plain words.
 */
@Startup // counters are there, at 0, before the first rejection: the first one shows as an increase
@ApplicationScoped
public class Limiters {

    /** What is limited. */
    public enum Limit {
        /** REST requests that are worked on. */
        REQUESTS,
        /** Large request bodies, or bodies of unknown length, that are read: each holds a thread. */
        BODIES,
        /** Histories and rollout files that are sent. */
        STREAMS,
        /** gRPC calls. */
        CALLS,
        /** Rollout files that are imported. */
        IMPORTS,
        /** Searches in lists: each may read many rows. */
        SEARCHES,
        /** Verifications. */
        VERIFICATIONS,
        /** Bytes of requests and responses on the heap. */
        MEMORY,
        /** Bytes of responses outside of the heap. */
        DIRECT_MEMORY
    }

    /** Searches and verifications read many rows; together they take less than half of the database's connections. */
    private static final int SEARCHES = 4;

    private static final int VERIFICATIONS = 2;

    /** What a history or a rollout file takes of the heap while it is sent, without long items. */
    public static final long STREAM_BYTES = 1024 * 1024;

    /** What an import takes of the heap, the window of a decoder among it, without long items. */
    public static final long IMPORT_BYTES = 8 * 1024 * 1024;

    private static final Duration MAX_WAIT = Duration.ofSeconds(2);
    private static final Duration REVOKE_AFTER = Duration.ofMillis(100);
    private static final int MAX_WAITING = 1000;

    private final Map<Limit, ConcurrencyLimiter> limiters = new EnumMap<>(Limit.class);
    private final ScheduledThreadPoolExecutor timer;
    private final MeterRegistry registry;

    Limiters(Limits limits, MemorySizes memory, MeterRegistry registry) {
        this.registry = registry;
        this.timer = new ScheduledThreadPoolExecutor(1, task -> {
            var thread = new Thread(task, "limits");
            thread.setDaemon(true);
            return thread;
        });
        timer.setRemoveOnCancelPolicy(true);
        add(Limit.REQUESTS, limits.concurrentRequests(), "too many requests in progress (limit %d per replica)");
        add(
                Limit.BODIES,
                limits.concurrentBodies(),
                "too many large request bodies in progress (limit %d per replica)");
        // no more than fit into half of the memory
        var streams = Math.min(limits.concurrentStreams(), memory.heapBudget() / 2 / STREAM_BYTES);
        var imports = Math.min(limits.imports(), memory.heapBudget() / 2 / IMPORT_BYTES);
        add(Limit.STREAMS, streams, "too many history streams in progress (limit %d per replica)");
        add(Limit.CALLS, limits.concurrentRequests(), "too many gRPC calls in progress (limit %d per replica)");
        add(Limit.IMPORTS, imports, "too many imports in progress (limit %d per replica)");
        add(Limit.SEARCHES, SEARCHES, "too many searches in progress (limit %d per replica)");
        add(Limit.VERIFICATIONS, VERIFICATIONS, "too many verifications in progress (limit %d per replica)");
        add(
                Limit.MEMORY,
                memory.heapBudget(),
                "the memory for requests and responses is in use (%d bytes per replica)");
        add(
                Limit.DIRECT_MEMORY,
                memory.directBudget(),
                "the memory for responses is in use (%d bytes outside of the heap per replica)");
    }

    private void add(Limit limit, long capacity, String exceeded) {
        var name = limit.name().toLowerCase(Locale.ROOT);
        var rejections = Counter.builder("threadstore.overload")
                .description("Requests rejected because a limit was reached")
                .tag("limit", name)
                .register(registry);
        var settings = new ConcurrencyLimiter.Settings(
                Math.max(1, capacity),
                MAX_WAIT,
                REVOKE_AFTER,
                MAX_WAITING,
                exceeded.formatted(capacity) + "; retry later");
        var limiter = new ConcurrencyLimiter(settings, timer, rejections::increment);
        limiters.put(limit, limiter);
        Gauge.builder("threadstore.limit.used", limiter, ConcurrencyLimiter::used)
                .description("What is held of a limit, in permits or bytes")
                .tag("limit", name)
                .register(registry);
        Gauge.builder("threadstore.limit.capacity", limiter, ConcurrencyLimiter::capacity)
                .description("A limit, in permits or bytes")
                .tag("limit", name)
                .register(registry);
        Gauge.builder("threadstore.limit.waiting", limiter, ConcurrencyLimiter::waiting)
                .description("Requests that wait for room within a limit")
                .tag("limit", name)
                .register(registry);
    }

    @PreDestroy
    void stop() {
        timer.shutdownNow();
    }

    /** The limiter of a limit. */
    public ConcurrencyLimiter of(Limit limit) {
        return limiters.get(limit);
    }
}
