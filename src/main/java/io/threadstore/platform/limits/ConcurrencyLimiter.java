package io.threadstore.platform.limits;

import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One limit on what is in progress at once, in permits or in bytes, shared fairly by tenants (max-min fairness):
 *
 * <ul>
 *   <li>A tenant that is alone may use the whole limit.
 *   <li>What becomes free goes to the waiting tenant that holds least. Tenants that each want all of it therefore hold
 * equal parts.
 *   <li>A tenant's own requests are served in the order of their arrival.
 *   <li>A request that does not fit waits briefly; then it is rejected with UNAVAILABLE. The number of waiting requests
 * of a tenant is bounded.
 *   <li>A lease may be revocable: it is revoked when another tenant waits that holds less than its share, and the
 * lease's tenant holds more than its
 *       own. So slow clients of one tenant cannot keep another one out for as long as they like.
 * </ul>
 *
 * <p>Thread-safe. Futures are completed, and revocations are called, outside of the limiter's lock.
 */
public final class ConcurrencyLimiter {

    private final Settings settings;
    private final ScheduledExecutorService timer;
    private final Runnable onRejection;
    private final Object lock = new Object();
    private final Map<String, Tenant> tenants = new HashMap<>();
    private long free;
    private int waiting;

    /**
     * A limit.
     *
     * @param capacity in permits or bytes, at least 1
     * @param maxWait how long a request waits before it is rejected
     * @param revokeAfter how long it waits before it has leases of other tenants revoked
     * @param maxWaiting how many requests of one tenant wait at most
     * @param exceeded what a rejected caller is told: the limit in plain words
     */
    public record Settings(long capacity, Duration maxWait, Duration revokeAfter, int maxWaiting, String exceeded) {}

    /**
     * Creates a limiter.
     *
     * @param timer ends waits and starts revocations; its tasks are short
     * @param onRejection called once for each rejection
     */
    public ConcurrencyLimiter(Settings settings, ScheduledExecutorService timer, Runnable onRejection) {
        this.settings = settings;
        this.timer = timer;
        this.onRejection = onRejection;
        this.free = settings.capacity();
    }

    /** The whole limit, in permits or bytes. */
    public long capacity() {
        return settings.capacity();
    }

    /** What is held now, in permits or bytes. */
    public long used() {
        synchronized (lock) {
            return settings.capacity() - free;
        }
    }

    /** How many requests wait now. */
    public int waiting() {
        synchronized (lock) {
            return waiting;
        }
    }

    /**
     * Acquires without blocking the caller's thread.
     *
     * @param amount in permits or bytes; more than the whole limit counts as the whole limit
     * @return completed at once if there is room; else when there is, on another thread; exceptionally with UNAVAILABLE
     *     after the longest wait
     */
    public CompletableFuture<Lease> acquire(String tenant, long amount) {
        var lease = new Lease(tenant);
        return request(lease, amount).thenApply(granted -> lease);
    }

    /**
     * Acquires at once or not at all.
     *
     * @return null if there is no room, or if others wait; this is not counted as a rejection
     */
    public @Nullable Lease tryAcquire(String tenant, long amount) {
        synchronized (lock) {
            if (waiting > 0 || fitting(amount) > free) {
                return null;
            }
            var lease = new Lease(tenant);
            grant(lease, fitting(amount));
            return lease;
        }
    }

    /** A lease that holds nothing yet and may grow. */
    public Lease emptyLease(String tenant) {
        return new Lease(tenant);
    }

    /**
     * Acquires, and blocks the caller's thread meanwhile.
     *
     * @throws ThreadStoreException {@link ErrorKind#UNAVAILABLE} after the longest wait, or if the thread is
     *     interrupted
     */
    public Lease acquireBlocking(String tenant, long amount) {
        var lease = new Lease(tenant);
        lease.growBlocking(amount);
        return lease;
    }

    private long fitting(long amount) {
        return Math.min(amount, settings.capacity());
    }

    private CompletableFuture<Void> request(Lease lease, long wanted) {
        Waiter waiter;
        synchronized (lock) {
            // the lease itself never exceeds the whole limit, so that one alone always gets what it needs
            var amount = Math.min(wanted, settings.capacity() - lease.amount);
            if (lease.isClosed || lease.isFrozen) {
                return CompletableFuture.failedFuture(rejection());
            }
            var tenant = tenant(lease.tenant);
            if (amount <= free && (waiting == 0 || tenant.waiters.isEmpty() && isWithinShare(tenant, amount))) {
                grant(lease, amount);
                return CompletableFuture.completedFuture(null);
            }
            if (tenant.waiters.size() >= settings.maxWaiting()) {
                forgetIfIdle(lease.tenant, tenant);
                waiter = null;
            } else {
                waiter = new Waiter(lease, amount);
                tenant.waiters.add(waiter);
                waiting++;
            }
        }
        if (waiter == null) {
            onRejection.run();
            return CompletableFuture.failedFuture(rejection());
        }
        var revocation =
                timer.schedule(() -> revokeFor(waiter), settings.revokeAfter().toMillis(), TimeUnit.MILLISECONDS);
        var end = timer.schedule(() -> reject(waiter), settings.maxWait().toMillis(), TimeUnit.MILLISECONDS);
        waiter.granted.whenComplete((granted, failure) -> {
            revocation.cancel(false);
            end.cancel(false);
        });
        return waiter.granted;
    }

    private ThreadStoreException rejection() {
        return ThreadStoreException.of(ErrorKind.UNAVAILABLE, settings.exceeded());
    }

    private Tenant tenant(String name) {
        return tenants.computeIfAbsent(name, unknown -> new Tenant());
    }

    private void forgetIfIdle(String name, Tenant tenant) {
        if (tenant.held == 0 && tenant.waiters.isEmpty()) {
            tenants.remove(name);
        }
    }

    /** An equal part for each tenant that holds something or waits. */
    private boolean isWithinShare(Tenant tenant, long amount) {
        return tenant.held + amount <= share();
    }

    private long share() {
        return settings.capacity() / Math.max(1, tenants.size());
    }

    private void grant(Lease lease, long amount) {
        var tenant = tenant(lease.tenant);
        free -= amount;
        tenant.held += amount;
        tenant.leases.add(lease);
        lease.amount += amount;
    }

    private void release(Lease lease) {
        List<Waiter> granted;
        var abandoned = new ArrayList<Waiter>();
        synchronized (lock) {
            if (lease.isClosed) {
                return;
            }
            lease.isClosed = true;
            lease.cut = null;
            var tenant = tenant(lease.tenant);
            tenant.leases.remove(lease);
            abandoned.addAll(withdraw(lease, tenant));
            granted = giveBack(lease, tenant, lease.amount);
            forgetIfIdle(lease.tenant, tenant);
        }
        abandoned.forEach(waiter -> waiter.granted.completeExceptionally(rejection()));
        granted.forEach(waiter -> waiter.granted.complete(null));
    }

    /** Ends what a lease waits for. */
    private List<Waiter> withdraw(Lease lease, Tenant tenant) {
        var withdrawn =
                tenant.waiters.stream().filter(waiter -> waiter.lease == lease).toList();
        tenant.waiters.removeAll(withdrawn);
        waiting -= withdrawn.size();
        return withdrawn;
    }

    private List<Waiter> giveBack(Lease lease, Tenant tenant, long amount) {
        lease.amount -= amount;
        tenant.held -= amount;
        free += amount;
        return grantWaiting();
    }

    /** Serves the waiting tenant that holds least, as long as there is room. */
    private List<Waiter> grantWaiting() {
        var granted = new ArrayList<Waiter>();
        for (var next = next(); next != null; next = next()) {
            tenant(next.lease.tenant).waiters.remove(next);
            waiting--;
            grant(next.lease, next.amount);
            granted.add(next);
        }
        return granted;
    }

    /**
     * The waiter to serve next; null if none fits. Where the first one does not fit, those of other tenants may pass
     * that stay within their share: small requests do not wait for a large one of another tenant.
     */
    private @Nullable Waiter next() {
        if (waiting == 0) {
            return null;
        }
        Tenant least = null;
        Tenant leastFitting = null;
        for (var tenant : tenants.values()) {
            var head = tenant.waiters.peek();
            if (head == null) {
                continue;
            }
            least = least == null || tenant.held < least.held ? tenant : least;
            if (head.amount <= free
                    && isWithinShare(tenant, head.amount)
                    && (leastFitting == null || tenant.held < leastFitting.held)) {
                leastFitting = tenant;
            }
        }
        if (least != null && least.waiters.element().amount <= free) {
            return least.waiters.element();
        }
        return leastFitting == null ? null : leastFitting.waiters.element();
    }

    private void reject(Waiter waiter) {
        List<Waiter> granted;
        synchronized (lock) {
            var tenant = tenants.get(waiter.lease.tenant);
            if (tenant == null || !tenant.waiters.remove(waiter)) {
                return; // it was granted
            }
            waiting--;
            forgetIfIdle(waiter.lease.tenant, tenant);
            granted = grantWaiting(); // those that it kept waiting
        }
        onRejection.run();
        waiter.granted.completeExceptionally(rejection());
        granted.forEach(each -> each.granted.complete(null));
    }

    /** Revokes leases of tenants above their share until the waiter fits, if its own tenant stays within its share. */
    private void revokeFor(Waiter waiter) {
        var cuts = new ArrayList<Runnable>();
        synchronized (lock) {
            var tenant = tenants.get(waiter.lease.tenant);
            if (tenant == null || !tenant.waiters.contains(waiter) || !isWithinShare(tenant, waiter.amount)) {
                return;
            }
            var missing = waiter.amount - free;
            for (var other : List.copyOf(tenants.values())) {
                var excess = other.held - share();
                for (var each = other.leases.iterator(); each.hasNext() && missing > 0 && excess > 0; ) {
                    var lease = each.next();
                    var cut = lease.cut;
                    if (cut != null && lease.amount > 0) {
                        lease.cut = null;
                        cuts.add(cut);
                        missing -= lease.amount;
                        excess -= lease.amount;
                    }
                }
            }
        }
        cuts.forEach(Runnable::run);
        // leases may become revocable while it waits
        timer.schedule(() -> revokeFor(waiter), settings.revokeAfter().toMillis(), TimeUnit.MILLISECONDS);
    }

    /** What a tenant holds and waits for. */
    private static final class Tenant {
        private long held;
        private final Deque<Waiter> waiters = new ArrayDeque<>();
        /** The oldest first. */
        private final Set<Lease> leases = new LinkedHashSet<>();
    }

    private static final class Waiter {
        private final Lease lease;
        private final long amount;
        private final CompletableFuture<Void> granted = new CompletableFuture<>();

        Waiter(Lease lease, long amount) {
            this.lease = lease;
            this.amount = amount;
        }
    }

    /**
     * What somebody holds of the limit. It may grow, and is given back as a whole; giving it back twice has no effect.
     */
    public final class Lease implements AutoCloseable {

        private final String tenant;
        private long amount;
        private boolean isClosed;
        private boolean isFrozen;
        private @Nullable Runnable cut;

        private Lease(String tenant) {
            this.tenant = tenant;
        }

        /** How much is held, in permits or bytes. */
        public long amount() {
            synchronized (lock) {
                return amount;
            }
        }

        /** Acquires more at once or not at all; false if there is no room, or if others wait. */
        public boolean tryGrow(long more) {
            synchronized (lock) {
                var wanted = Math.min(more, settings.capacity() - amount);
                if (isClosed || isFrozen || waiting > 0 || wanted > free) {
                    return false;
                }
                grant(this, wanted);
                return true;
            }
        }

        /** Acquires more without blocking; as {@link ConcurrencyLimiter#acquire}. */
        public CompletionStage<Void> grow(long more) {
            return request(this, more);
        }

        /**
         * Acquires more, and blocks the caller's thread meanwhile.
         *
         * @throws ThreadStoreException {@link ErrorKind#UNAVAILABLE} after the longest wait
         */
        public void growBlocking(long more) {
            if (more <= 0) {
                return;
            }
            try {
                request(this, more).join();
            } catch (CompletionException e) {
                throw rejection();
            }
        }

        /** Acquires so that at least this amount is held; blocks as {@link #growBlocking}. */
        public void raiseBlocking(long wanted) {
            growBlocking(wanted - amount());
        }

        /** Gives a part back. */
        public void shrink(long less) {
            List<Waiter> granted;
            synchronized (lock) {
                if (isClosed) {
                    return;
                }
                granted = giveBack(this, tenant(tenant), Math.min(less, amount));
            }
            granted.forEach(waiter -> waiter.granted.complete(null));
        }

        /**
         * From now on this lease may be revoked: the action ends its use, after which it is given back. It is called
         * once at most.
         */
        public void revocable(Runnable action) {
            synchronized (lock) {
                cut = isClosed ? null : action;
            }
        }

        /** From now on this lease can't be revoked. */
        public void irrevocable() {
            synchronized (lock) {
                cut = null;
            }
        }

        /**
         * From now on this lease does not grow, and what it waits for is rejected: a request that ends must not hold
         * what it has until its wait is over.
         */
        public void freeze() {
            List<Waiter> withdrawn = List.of();
            List<Waiter> granted = List.of();
            synchronized (lock) {
                isFrozen = true;
                var waitsFor = tenants.get(tenant);
                if (waitsFor != null) {
                    withdrawn = withdraw(this, waitsFor);
                    forgetIfIdle(tenant, waitsFor);
                    granted = grantWaiting(); // those that it kept waiting
                }
            }
            withdrawn.forEach(waiter -> waiter.granted.completeExceptionally(rejection()));
            granted.forEach(waiter -> waiter.granted.complete(null));
        }

        @Override
        public void close() {
            release(this);
        }
    }
}
