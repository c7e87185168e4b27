package io.threadstore.platform.limits;

import io.quarkus.arc.Arc;
import jakarta.enterprise.context.RequestScoped;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Memory that the current request needs for long items, on top of what every request of its kind holds. It is acquired
 * before the item is read, and held until the request ends. Outside of requests nothing is counted.
 */
@RequestScoped
public class RequestMemory {

    /** Leads to the bean of the current request; looking it up each time would cost more than the rest. */
    private static volatile @Nullable RequestMemory proxy;

    private ConcurrencyLimiter.@Nullable Lease lease;
    private long base;

    /**
     * From now on memory is acquired with this lease, on top of what it holds now. A transport calls it before any
     * service.
     */
    public void enter(ConcurrencyLimiter.Lease memory) {
        lease = memory;
        base = memory.amount();
    }

    /**
     * Acquires memory for the current request. To be called with the number of bytes that it needs at the same time,
     * not added up; it blocks briefly, and throws {@link io.threadstore.error.ThreadStoreException} UNAVAILABLE if
     * there is no memory in time. It may be called on any thread, also after the request's context has ended.
     */
    public static LongConsumer ofCurrentRequest() {
        var container = Arc.container();
        if (container == null || !container.requestContext().isActive()) {
            return bytes -> {};
        }
        var current = proxy;
        if (current == null) {
            current = container.instance(RequestMemory.class).get();
            proxy = current;
        }
        return current.handle();
    }

    LongConsumer handle() {
        var held = lease;
        var before = base;
        return held == null ? bytes -> {} : bytes -> held.raiseBlocking(before + bytes);
    }
}
