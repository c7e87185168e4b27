package io.threadstore.admission;

import io.quarkus.arc.All;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.Limits;
import io.threadstore.platform.Stopping;
import io.threadstore.platform.limits.ConcurrencyLimiter;
import io.threadstore.platform.limits.Limiters;
import io.threadstore.platform.limits.Limiters.Limit;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The way to every operation of every transport, on the event loop, where waiting costs no thread. In this order:
 *
 * <ol>
 *   <li>The transport determines caller, scope and tenant from the headers, or rejects the request.
 *   <li>Permits and memory are acquired, each with a fair share for each tenant; a request that does not fit waits
 * briefly, then it is rejected.
 *   <li>A small body is gathered; its bytes are counted as they arrive, and a client that sends too slowly is
 * disconnected. Large ones are read by a
 *       bounded number of threads.
 *   <li>The request is worked on, if not too many are.
 * </ol>
 */
@ApplicationScoped
class AdmissionGate {

    private static final int AFTER_REQUEST_IDS = 900;

    /** What every request holds, in bytes: its headers and its objects. */
    private static final int BASE_BYTES = 16 * 1024;

    /** The lowest rate at which a client may take a response that is complete, in bytes per second. */
    private static final long MIN_READ_RATE = 64 * 1024;

    private final List<Transport> transports;
    private final Limiters limiters;
    private final BodySettings bodySettings;
    private final UnsentResponse.Limits unsent;

    AdmissionGate(@All List<Transport> transports, Limiters limiters, BodySettings bodySettings, Limits limits) {
        this.transports = transports;
        this.limiters = limiters;
        this.bodySettings = bodySettings;
        this.unsent = new UnsentResponse.Limits(limits.streamStall(), MIN_READ_RATE);
    }

    void register(@Observes Filters filters) {
        filters.register(this::handle, AFTER_REQUEST_IDS);
    }

    private void handle(RoutingContext context) {
        for (var transport : transports) {
            if (transport.accepts(context)) {
                new Passage(context, transport).begin();
                return;
            }
        }
        context.next();
    }

    /** One request on its way through the gate. */
    private final class Passage {

        private final RoutingContext routing;
        private final Transport transport;
        private final Context loop;

        Passage(RoutingContext routing, Transport transport) {
            this.routing = routing;
            this.transport = transport;
            this.loop = Vertx.currentContext();
        }

        void begin() {
            var resources = RequestResources.of(routing, unsent);
            Admission admission;
            try {
                admission = transport.admit(routing);
                if (Stopping.isRequested()) {
                    throw ThreadStoreException.of(ErrorKind.UNAVAILABLE, "the service is stopping");
                }
            } catch (ThreadStoreException e) {
                if (e.kind() == ErrorKind.UNAUTHENTICATED) {
                    Connections.unauthenticated(routing);
                }
                reject(e, Leftovers.UNKNOWN_CLIENT);
                return;
            }
            Connections.authenticated(routing);
            var request = new AdmittedRequest(routing, admission.caller(), resources, limiters);
            request.register();
            acquirePermits(request, admission, 0);
        }

        private void acquirePermits(AdmittedRequest request, Admission admission, int index) {
            if (index < admission.permits().size()) {
                acquire(
                        request,
                        admission.permits().get(index),
                        1,
                        () -> acquirePermits(request, admission, index + 1));
            } else {
                acquire(request, Limit.MEMORY, BASE_BYTES, () -> readBody(request, admission));
            }
        }

        private void acquire(AdmittedRequest request, Limit limit, long amount, Runnable next) {
            var limiter = limiters.of(limit);
            var tenant = request.caller().caller().tenant();
            var now = limiter.tryAcquire(tenant, amount);
            if (now != null) {
                request.hold(limit, now);
                next.run();
                return;
            }
            // held before it is granted: a client that disconnects leaves the queue
            var lease = limiter.emptyLease(tenant);
            request.hold(limit, lease);
            then(lease.grow(amount), granted -> {
                if (!routing.response().closed()) {
                    next.run();
                }
            });
        }

        private void readBody(AdmittedRequest request, Admission admission) {
            if (admission.body() instanceof Admission.Body.Gathered gathered) {
                gather(request, admission, gathered);
            } else {
                // of most requests nothing is: they have no body
                if (Leftovers.arePossible(routing.request())) {
                    RequestResources.current(routing)
                            .onExchangeEnd(() -> loop.runOnContext(ended -> Leftovers.KNOWN_CLIENT.discard(routing)));
                }
                work(request, admission);
            }
        }

        private void gather(AdmittedRequest request, Admission admission, Admission.Body.Gathered expected) {
            var memory = request.leaseOf(Limit.MEMORY);
            var gathering = new Gathering(request, admission, expected, memory);
            request.revocable(gathering::cut);
            gathering.begin();
        }

        /** What the operation needs is acquired only now: a client that is slow to send its body does not hold it. */
        private void work(AdmittedRequest request, Admission admission) {
            var memory = request.leaseOf(Limit.MEMORY);
            if (memory.tryGrow(admission.memory())) {
                proceed(request, admission);
            } else {
                then(memory.grow(admission.memory()), grown -> {
                    if (!routing.response().closed()) {
                        proceed(request, admission);
                    }
                });
            }
        }

        private void proceed(AdmittedRequest request, Admission admission) {
            acquire(request, admission.work(), 1, () -> transport.proceed(routing, request));
        }

        /** Goes on with the result on the event loop; at once if it is there. */
        private <T> void then(CompletionStage<T> stage, Consumer<T> next) {
            var future = stage.toCompletableFuture();
            if (future.isDone()) {
                goOn(future.handle((result, failure) -> (Runnable) () -> settle(result, failure, next))
                        .join());
            } else {
                future.whenComplete(
                        (result, failure) -> loop.runOnContext(now -> goOn(() -> settle(result, failure, next))));
            }
        }

        private <T> void settle(T result, @Nullable Throwable failure, Consumer<T> next) {
            if (failure == null) {
                next.accept(result);
            } else if (!routing.response().closed()) {
                reject(rejection(failure), Leftovers.KNOWN_CLIENT);
            }
        }

        /** Nothing else would answer a request whose handling failed on the event loop. */
        private void goOn(Runnable step) {
            try {
                step.run();
            } catch (RuntimeException | Error e) {
                routing.fail(e);
            }
        }

        private void reject(ThreadStoreException rejection, Leftovers leftovers) {
            transport.reject(routing, rejection);
            leftovers.discard(routing);
        }

        /** A body that is gathered. */
        private final class Gathering {

            private final AdmittedRequest request;
            private final Admission admission;
            private final Admission.Body.Gathered expected;
            private final ConcurrencyLimiter.Lease memory;
            private final BodyRate rate;
            private final List<Buffer> parts = new ArrayList<>();
            private long length;
            private boolean isOver;

            Gathering(
                    AdmittedRequest request,
                    Admission admission,
                    Admission.Body.Gathered expected,
                    ConcurrencyLimiter.Lease memory) {
                this.request = request;
                this.admission = admission;
                this.expected = expected;
                this.memory = memory;
                this.rate = new BodyRate(routing.vertx(), bodySettings, this::tooSlow);
            }

            void begin() {
                RequestResources.current(routing).onExchangeEnd(this::end);
                routing.request().handler(this::add);
                if (expected.length() < 0) {
                    routing.request().endHandler(ended -> complete());
                }
                rate.waiting();
                routing.request().resume();
            }

            private void end() {
                isOver = true;
                rate.end();
            }

            private void add(Buffer part) {
                if (isOver) {
                    return;
                }
                rate.received(part.length());
                length += part.length();
                if (length > expected.max()) {
                    end();
                    reject(
                            ThreadStoreException.of(
                                    ErrorKind.REQUEST_TOO_LARGE,
                                    "the body is longer than " + expected.max() + " bytes"),
                            Leftovers.KNOWN_CLIENT);
                    return;
                }
                var cost = (long) part.length() * expected.cost();
                if (memory.tryGrow(cost)) {
                    keep(part);
                } else {
                    routing.request().pause();
                    then(memory.grow(cost), grown -> {
                        if (!isOver) {
                            keep(part);
                            if (!isOver) {
                                routing.request().resume();
                            }
                        }
                    });
                }
            }

            private void keep(Buffer part) {
                parts.add(part);
                if (expected.length() >= 0 && length >= expected.length()) {
                    // paused before its end is signalled: the framework can't take over a request that has ended
                    routing.request().pause();
                    complete();
                } else {
                    rate.waiting();
                }
            }

            private void complete() {
                if (isOver) {
                    return;
                }
                end();
                request.irrevocable();
                request.setBody(parts.size() == 1 ? parts.get(0) : joined());
                parts.clear();
                work(request, admission);
            }

            private Buffer joined() {
                var whole = Buffer.buffer((int) length);
                parts.forEach(whole::appendBuffer);
                return whole;
            }

            private void tooSlow() {
                if (!isOver) {
                    end();
                    reject(
                            ThreadStoreException.of(
                                    ErrorKind.REQUEST_TIMEOUT,
                                    length == 0
                                            ? "no byte of the body arrived in time"
                                            : "the body arrived too slowly"),
                            Leftovers.NONE);
                }
            }

            /** On any thread. */
            void cut() {
                loop.runOnContext(now -> {
                    if (!isOver) {
                        end();
                        Connections.cut(routing);
                    }
                });
            }
        }
    }

    private static ThreadStoreException rejection(Throwable failure) {
        var cause = failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause instanceof ThreadStoreException rejection
                ? rejection
                : ThreadStoreException.of(ErrorKind.INTERNAL, "the request can't be admitted", cause);
    }
}
