package io.threadstore.codex;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.quarkus.grpc.GlobalInterceptor;
import io.smallrye.common.vertx.ContextLocals;
import io.threadstore.admission.AdmittedRequest;
import io.threadstore.platform.Caller;
import io.threadstore.platform.limits.ConcurrencyLimiter;
import io.threadstore.platform.limits.Limiters.Limit;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Passes on to the current call what the gate has found out about it. */
@GlobalInterceptor
@ApplicationScoped
class CallHeaders implements ServerInterceptor {

    private static final String ADMITTED = "threadstore-admitted-call";
    private static final Context.Key<Admitted> KEY = Context.key("threadstore-admitted-call");

    /**
     * An admitted call.
     *
     * @param request what the gate knows of it
     * @param from the client's address; null if it is not known
     * @param requestId the id of the request in logs
     */
    record Admitted(
            AdmittedRequest request,
            @Nullable String from,
            @Nullable String requestId) {

        Caller caller() {
            return request.caller().caller();
        }

        ConcurrencyLimiter.Lease memory() {
            return request.leaseOf(Limit.MEMORY);
        }
    }

    /** Notes an admitted call down; on the request's own Vert.x context. */
    static void enter(Admitted call) {
        ContextLocals.put(ADMITTED, call);
    }

    /**
     * The current call.
     *
     * @throws IllegalStateException if it has not been admitted
     */
    static Admitted current() {
        var call = KEY.get();
        if (call == null) {
            throw new IllegalStateException("the call has not been admitted");
        }
        return call;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        var admitted = ContextLocals.<Admitted>get(ADMITTED)
                .orElseThrow(() -> new IllegalStateException("the call has not been admitted"));
        return Contexts.interceptCall(Context.current().withValue(KEY, admitted), call, headers, next);
    }

    /** A host name as it is compared: without case, and without the dot that may end it. */
    static String host(String host) {
        return host.replaceFirst("\\.$", "").toLowerCase(Locale.ROOT);
    }
}
