package io.threadstore.rest;

import io.threadstore.admission.AdmittedRequest;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.identity.Scope;
import io.threadstore.platform.CurrentCaller;
import io.threadstore.platform.limits.Limiters.Limit;
import io.threadstore.platform.limits.RequestMemory;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.jboss.resteasy.reactive.server.SimpleResourceInfo;
import org.jboss.resteasy.reactive.server.core.CurrentRequestManager;
import org.jspecify.annotations.Nullable;

/**
 * Takes over the caller from the gate. The request's permits and memory are held until the framework has done with it.
 * No operation is reached by a request that has not been admitted, or without its
 * scope.
 */
class CallerFilter {

    /** The one operation that needs more than the write scope; to discard a writer is a write. */
    private static final String DELETING = "deleteThread";

    private final CurrentCaller current;
    private final RequestMemory memory;

    CallerFilter(CurrentCaller current, RequestMemory memory) {
        this.current = current;
        this.memory = memory;
    }

    @ServerRequestFilter(priority = Priorities.AUTHENTICATION)
    void enter(ContainerRequestContext request, SimpleResourceInfo operation, RoutingContext context) {
        var admitted = AdmittedRequest.of(context);
        if (!admitted.beginWork()) {
            throw ThreadStoreException.of(ErrorKind.UNAVAILABLE, "the client has disconnected");
        }
        CurrentRequestManager.get().registerCompletionCallback(done -> admitted.endWork());
        current.enter(admitted.caller().caller());
        memory.enter(admitted.leaseOf(Limit.MEMORY));
        admitted.caller().require(neededFor(request.getMethod(), operation.getMethodName()));
    }

    /**
     * What an operation needs, by its own name: a second check, which does not depend on the path.
     *
     * @param operation its {@code operationId}, which is its method's name, too
     */
    static Scope neededFor(String method, @Nullable String operation) {
        return switch (method) {
            case HttpMethod.GET, HttpMethod.HEAD -> Scope.READ;
            default -> DELETING.equals(operation) ? Scope.DELETE : Scope.WRITE;
        };
    }
}
