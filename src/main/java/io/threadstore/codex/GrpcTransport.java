package io.threadstore.codex;

import io.grpc.Status;
import io.threadstore.admission.Admission;
import io.threadstore.admission.Admission.Body;
import io.threadstore.admission.AdmittedRequest;
import io.threadstore.admission.Transport;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.identity.AuditLog;
import io.threadstore.identity.Identity;
import io.threadstore.identity.Scope;
import io.threadstore.platform.Limits;
import io.threadstore.platform.limits.Limiters.Limit;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How calls are admitted: by their headers alone, before a byte of a message is read. Compressed messages are rejected,
 * so that no message is longer in memory than on its way.
 */
@ApplicationScoped
class GrpcTransport implements Transport {

    private static final String TYPE = "application/grpc";
    private static final String ENCODING = "grpc-encoding";
    private static final String IDENTITY_ENCODING = "identity";
    private static final String REQUEST_ID = "X-Request-Id";
    private static final String IDENTITY = "threadstore.grpc-identity";
    private static final int PREFIX_BYTES = 5;
    private static final int OK = 200;

    /** What a call holds whatever it is. */
    private static final int SMALL = 64 * 1024;

    /** A page of a list while it is read, converted and sent. */
    private static final int PAGE = 4 * 1024 * 1024;

    /**
     * What a call holds for each byte of its message: the bytes, the texts that they are parsed to, the items, and what
     * is sent to the database.
     */
    private static final int MESSAGE_COST = 5;

    private static final Set<String> READING = Set.of("LoadHistory", "ReadThread", "ListThreads");
    private static final Set<String> HISTORIES = Set.of("LoadHistory", "ReadThread");

    private final CallerResolver callers;
    private final GrpcEndpoint endpoint;
    private final AuditLog audit;
    private final Limits limits;

    GrpcTransport(CallerResolver callers, GrpcEndpoint endpoint, AuditLog audit, Limits limits) {
        this.callers = callers;
        this.endpoint = endpoint;
        this.audit = audit;
        this.limits = limits;
    }

    /** All that could be taken for gRPC, whatever follows the type's name. */
    @Override
    public boolean accepts(RoutingContext context) {
        var type = context.request().getHeader(HttpHeaders.CONTENT_TYPE);
        return type != null
                && context.request().version() == HttpVersion.HTTP_2
                && type.strip().regionMatches(true, 0, TYPE, 0, TYPE.length());
    }

    @Override
    public Admission admit(RoutingContext context) {
        var request = context.request();
        var identity = callers.resolve(authorization(request), host(request));
        context.put(IDENTITY, identity);
        var method = method(request);
        identity.require(READING.contains(method) ? Scope.READ : Scope.WRITE);
        requireUncompressed(request);
        var max = (long) limits.grpcMessage() + PREFIX_BYTES;
        return new Admission(
                identity,
                HISTORIES.contains(method) ? List.of(Limit.STREAMS) : List.of(),
                method.equals("ListThreads") ? PAGE : SMALL,
                new Body.Gathered(-1, max, MESSAGE_COST),
                Limit.CALLS);
    }

    private static void requireUncompressed(HttpServerRequest request) {
        var encoding = request.getHeader(ENCODING);
        if (encoding != null && !encoding.strip().equalsIgnoreCase(IDENTITY_ENCODING)) {
            throw compressed();
        }
    }

    private static ThreadStoreException compressed() {
        return ThreadStoreException.of(
                ErrorKind.UNSUPPORTED, "compressed messages are not accepted; send grpc-encoding: identity");
    }

    /** Of two tokens neither counts: it is unknown which one the sidecar has added. */
    private static @Nullable String authorization(HttpServerRequest request) {
        var all = request.headers().getAll(HttpHeaders.AUTHORIZATION);
        return all.isEmpty() ? null : all.size() == 1 ? all.get(0) : "";
    }

    private static @Nullable String host(HttpServerRequest request) {
        var authority = request.authority();
        return authority == null ? null : CallHeaders.host(authority.host());
    }

    private static String method(HttpServerRequest request) {
        var path = request.path();
        return path.substring(path.lastIndexOf('/') + 1);
    }

    @Override
    public void proceed(RoutingContext context, AdmittedRequest request) {
        var message = request.body();
        if (message == null || message.length() < PREFIX_BYTES) {
            reject(context, invalid("the call has no message"));
        } else if (message.getByte(0) != 0) {
            reject(context, compressed());
        } else if (message.getUnsignedInt(1) != message.length() - PREFIX_BYTES) {
            reject(context, invalid("the call is not exactly one message"));
        } else {
            enter(context, request);
            endpoint.handle(context.request(), message);
        }
    }

    private static ThreadStoreException invalid(String message) {
        return ThreadStoreException.of(ErrorKind.INVALID_REQUEST, message);
    }

    private static void enter(RoutingContext context, AdmittedRequest request) {
        CallHeaders.enter(new CallHeaders.Admitted(
                request, from(context), context.response().headers().get(REQUEST_ID)));
    }

    private static @Nullable String from(RoutingContext context) {
        var client = context.request().remoteAddress();
        return client == null ? null : client.hostAddress();
    }

    /** A status without a message (gRPC over HTTP/2, Trailers-Only). */
    @Override
    public void reject(RoutingContext context, ThreadStoreException rejection) {
        var status = Refusals.of(rejection).getStatus();
        if (Refusals.isRefusal(status)) {
            Identity identity = context.get(IDENTITY);
            audit.record(
                    new AuditLog.Entry(
                            "grpc",
                            method(context.request()),
                            null,
                            AuditLog.Outcome.REFUSED,
                            status.getCode().name(),
                            from(context),
                            context.response().headers().get(REQUEST_ID)),
                    identity == null ? null : identity.caller());
        }
        send(context, status);
    }

    private static void send(RoutingContext context, Status status) {
        var response = context.response();
        if (response.closed() || response.ended()) {
            return;
        }
        response.setStatusCode(OK)
                .putHeader(HttpHeaders.CONTENT_TYPE, TYPE)
                .putHeader("grpc-status", Integer.toString(status.getCode().value()))
                .putHeader("grpc-message", encoded(String.valueOf(status.getDescription())))
                .putHeader("grpc-accept-encoding", IDENTITY_ENCODING)
                .end();
    }

    /** Percent-encoded (gRPC over HTTP/2, Status-Message). */
    private static String encoded(String message) {
        return URLEncoder.encode(message, StandardCharsets.UTF_8).replace("+", " ");
    }
}
