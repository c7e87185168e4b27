package io.threadstore.admission;

import io.threadstore.error.ThreadStoreException;
import io.threadstore.identity.Identity;
import io.threadstore.platform.limits.ConcurrencyLimiter;
import io.threadstore.platform.limits.Limiters;
import io.threadstore.platform.limits.Limiters.Limit;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A request that has passed the gate: its caller, and what it holds of the limits. Permits are held until the exchange
 * and the work have ended; memory until the response is sent as well.
 */
public final class AdmittedRequest {

    private static final String KEY = "threadstore.admitted-request";

    private final RoutingContext context;
    private final Identity caller;
    private final RequestResources resources;
    private final Limiters limiters;
    private final Map<Limit, ConcurrencyLimiter.Lease> leases = new EnumMap<>(Limit.class);
    private @Nullable Buffer body;
    private volatile boolean isCut;

    AdmittedRequest(RoutingContext context, Identity caller, RequestResources resources, Limiters limiters) {
        this.context = context;
        this.caller = caller;
        this.resources = resources;
        this.limiters = limiters;
    }

    /** The request that has been admitted; empty if this one has not. */
    public static Optional<AdmittedRequest> find(RoutingContext context) {
        return Optional.ofNullable(context.get(KEY));
    }

    /**
     * The request that has been admitted.
     *
     * @throws IllegalStateException if it has not: no operation may be reached like that
     */
    public static AdmittedRequest of(RoutingContext context) {
        return find(context).orElseThrow(() -> new IllegalStateException("the request has not been admitted"));
    }

    void register() {
        context.put(KEY, this);
    }

    public Identity caller() {
        return caller;
    }

    /** The gathered body; null if it was not gathered. */
    public @Nullable Buffer body() {
        return body;
    }

    void setBody(Buffer gathered) {
        body = gathered;
    }

    /** Keeps a lease until the request ends. */
    void hold(Limit limit, ConcurrencyLimiter.Lease lease) {
        synchronized (leases) {
            leases.put(limit, lease);
        }
        keep(limit, lease);
    }

    private void keep(Limit limit, ConcurrencyLimiter.Lease lease) {
        if (limit == Limit.MEMORY || limit == Limit.DIRECT_MEMORY) {
            resources.untilSent(lease::close);
        } else {
            resources.untilWorkEnds(lease::close);
        }
        if (isCut) {
            lease.freeze();
        }
    }

    ConcurrencyLimiter.@Nullable Lease lease(Limit limit) {
        synchronized (leases) {
            return leases.get(limit);
        }
    }

    /**
     * What the request holds of a limit; nothing yet if it did not need it so far.
     *
     * @throws ThreadStoreException never for the lease itself, but when it grows
     */
    public ConcurrencyLimiter.Lease leaseOf(Limit limit) {
        synchronized (leases) {
            var lease = leases.get(limit);
            if (lease == null) {
                lease = limiters.of(limit).emptyLease(caller.caller().tenant());
                leases.put(limit, lease);
                keep(limit, lease);
            }
            return lease;
        }
    }

    /** Lets another request of any tenant cut this one's connection when it waits for its fair share of a limit. */
    public void revocable(Limit limit, Runnable cut) {
        var lease = lease(limit);
        if (lease != null) {
            lease.revocable(cut);
        }
    }

    /** As {@link #revocable(Limit, Runnable)}, for all that it holds. */
    void revocable(Runnable cut) {
        synchronized (leases) {
            leases.values().forEach(lease -> lease.revocable(cut));
        }
    }

    /** No lease of this request can be revoked from now on. */
    public void irrevocable() {
        synchronized (leases) {
            leases.values().forEach(ConcurrencyLimiter.Lease::irrevocable);
        }
    }

    /** The client has been disconnected by the service: nothing more of its body is read, and no lease grows. */
    void cut() {
        isCut = true;
        List<ConcurrencyLimiter.Lease> held;
        synchronized (leases) {
            held = List.copyOf(leases.values());
        }
        held.forEach(ConcurrencyLimiter.Lease::freeze);
    }

    boolean isCut() {
        return isCut;
    }

    /**
     * Work on the request begins; as {@link RequestResources#beginWork}.
     *
     * @return false if its client has disconnected, so that the work must not begin
     */
    public boolean beginWork() {
        return resources.beginWork();
    }

    /** Adds an action that is run once when the exchange ends, or now if it has ended. */
    public void onExchangeEnd(Runnable action) {
        resources.onExchangeEnd(action);
    }

    /** Work that has begun has ended. */
    public void endWork() {
        resources.endWork();
    }

    /** Gives a permit back before the request ends: from now on it waits for its client and holds no thread. */
    public void release(Limit limit) {
        var lease = lease(limit);
        if (lease != null) {
            lease.close();
        }
    }
}
