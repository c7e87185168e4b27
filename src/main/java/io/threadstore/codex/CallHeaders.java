package io.threadstore.codex;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.quarkus.grpc.GlobalInterceptor;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.quarkus.vertx.http.runtime.filters.QuarkusRequestWrapper;
import io.smallrye.common.vertx.ContextLocals;
import io.threadstore.platform.Limits;
import io.threadstore.platform.Overload;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Keeps, for the call in hand, what its headers say of the caller. The gRPC layer does not tell which authority was called, and knows no
 * proxy but as the client, so a filter below it notes these down.
 */
@GlobalInterceptor
@ApplicationScoped
class CallHeaders implements ServerInterceptor {

    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

    private static final String CALLED = "threadstore-called";
    private static final String REQUEST_ID = "X-Request-Id";
    private static final String GRPC = "application/grpc";
    private static final int AFTER_REQUEST_IDS = 900;
    private static final String UNAVAILABLE = Integer.toString(Status.Code.UNAVAILABLE.value());

    private static final Context.Key<Said> SAID = Context.key("threadstore-caller");

    /**
     * What a call's headers say.
     *
     * @param authorization the token that a sidecar adds
     * @param host the host name that was called, without a port
     * @param from the client's address
     * @param requestId the id that the request goes by
     */
    record Said(
            @Nullable String authorization,
            @Nullable String host,
            @Nullable String from,
            @Nullable String requestId) {}

    private static final Said NOTHING = new Said(null, null, null, null);

    private final Semaphore calls;
    private final Overload overload;

    CallHeaders(Limits limits, Overload overload) {
        this.overload = overload;
        this.calls = new Semaphore(limits.concurrentRequests());
    }

    void register(@Observes Filters filters) {
        filters.register(this::take, AFTER_REQUEST_IDS);
    }

    private void take(RoutingContext context) {
        var request = context.request();
        var type = request.getHeader(HttpHeaders.CONTENT_TYPE);
        if (type == null || !type.startsWith(GRPC)) {
            context.next();
            return;
        }
        if (!calls.tryAcquire()) {
            overload.refused(Overload.Of.CALLS);
            refuse(context);
            return;
        }
        QuarkusRequestWrapper.get(request).addRequestDoneHandler(done -> calls.release());
        var authority = request.authority();
        var client = request.remoteAddress();
        ContextLocals.put(
                CALLED,
                new Said(
                        null,
                        authority == null ? null : host(authority.host()),
                        client == null ? null : client.hostAddress(),
                        context.response().headers().get(REQUEST_ID)));
        context.next();
    }

    /** Calls beyond what could be answered soon are not queued: a status without a message (gRPC over HTTP/2, Trailers-Only). */
    private static void refuse(RoutingContext context) {
        context.response()
                .putHeader(HttpHeaders.CONTENT_TYPE, GRPC)
                .putHeader("grpc-status", UNAVAILABLE)
                .putHeader("grpc-message", "as many calls as may are being worked on; try again later")
                .end();
        context.request().resume();
    }

    static Said current() {
        var said = SAID.get();
        return said == null ? NOTHING : said;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        var called = ContextLocals.<Said>get(CALLED).orElse(NOTHING);
        var said = new Said(authorization(headers), called.host(), called.from(), called.requestId());
        return Contexts.interceptCall(Context.current().withValue(SAID, said), call, headers, next);
    }

    /** Of two tokens neither is taken: nobody can tell which one the sidecar has added. */
    private static @Nullable String authorization(Metadata headers) {
        var all = headers.getAll(AUTHORIZATION);
        if (all == null) {
            return null;
        }
        var each = all.iterator();
        var first = each.next();
        return each.hasNext() ? "" : first;
    }

    /** A host name as it is compared: without case, and without the dot that may end it. */
    static String host(String host) {
        return host.replaceFirst("\\.$", "").toLowerCase(Locale.ROOT);
    }
}
