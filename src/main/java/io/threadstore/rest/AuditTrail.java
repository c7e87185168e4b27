package io.threadstore.rest;

import io.threadstore.identity.AuditLog;
import io.threadstore.thread.ThreadId;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.core.HttpHeaders;
import java.net.URI;
import java.util.Set;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;
import org.jboss.resteasy.reactive.server.SimpleResourceInfo;
import org.jspecify.annotations.Nullable;

/** Puts every write and every refusal on record, and the reads that are to be. */
class AuditTrail {

    private static final Set<String> READING = Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS);
    /** Operations that answer with a whole history, as getThread does where it is asked to. */
    private static final Set<String> EXPORTS = Set.of("exportRollout", "loadHistory");

    private static final int UNAUTHENTICATED = 401;
    private static final Set<Integer> REFUSALS = Set.of(401, 403, 404);

    private final AuditLog log;

    AuditTrail(AuditLog log) {
        this.log = log;
    }

    @ServerResponseFilter
    void record(
            ContainerRequestContext request,
            ContainerResponseContext response,
            @Nullable SimpleResourceInfo operation,
            RoutingContext context) {
        var status = response.getStatus();
        var isRefusal = REFUSALS.contains(status);
        var name = operation == null ? null : operation.getMethodName();
        // what leads to no operation is of interest only where somebody without a token looks for one
        if (name == null ? status != UNAUTHENTICATED : isUnrecordedRead(name, request) && !isRefusal) {
            return;
        }
        log.record(entry(name, threadId(request, response), status, context));
    }

    private boolean isUnrecordedRead(String operation, ContainerRequestContext request) {
        var method = request.getMethod();
        return READING.contains(method)
                && !log.recordsRead(HttpMethod.GET.equals(method) && isExport(operation, request));
    }

    private static boolean isExport(String operation, ContainerRequestContext request) {
        return EXPORTS.contains(operation)
                || operation.equals("getThread")
                        && "true"
                                .equals(request.getUriInfo()
                                        .getQueryParameters()
                                        .getFirst("include_history"));
    }

    /** The record of an operation; its name is null where the request leads to none. */
    static AuditLog.Entry entry(
            @Nullable String operation, @Nullable String threadId, int status, RoutingContext context) {
        var from = context.request().remoteAddress();
        return new AuditLog.Entry(
                "rest",
                operation,
                threadId,
                status < 400 // a thread that has not changed since it was read is allowed to be read
                        ? AuditLog.Outcome.ALLOWED
                        : REFUSALS.contains(status) ? AuditLog.Outcome.REFUSED : AuditLog.Outcome.FAILED,
                Integer.toString(status),
                from == null ? null : from.hostAddress(),
                RequestIds.of(context));
    }

    private static @Nullable String threadId(ContainerRequestContext request, ContainerResponseContext response) {
        var named = request.getUriInfo().getPathParameters().getFirst("thread_id");
        if (named == null && response.getHeaders().getFirst(HttpHeaders.LOCATION) instanceof URI made) {
            return made.getPath().substring(made.getPath().lastIndexOf('/') + 1);
        }
        // whatever else was sent in its place does not belong into a log
        return named == null
                ? null
                : ThreadId.tryParse(named).map(ThreadId::toString).orElse(null);
    }
}
