package io.threadstore.rest;

import io.threadstore.identity.Doorman;
import io.threadstore.identity.Scope;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.HttpHeaders;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.jboss.resteasy.reactive.server.SimpleResourceInfo;
import org.jspecify.annotations.Nullable;

/** Asks who calls, before anything else is looked at. */
class Admission {

    /** Where a request keeps what its operation needs. */
    static final String NEEDED = "threadstore.needed-scope";

    /** The one operation that is more than a write; discarding a writer is a way of writing. */
    private static final String DELETING = "deleteThread";

    private final Doorman doorman;

    Admission(Doorman doorman) {
        this.doorman = doorman;
    }

    @ServerRequestFilter(priority = Priorities.AUTHENTICATION)
    void admit(ContainerRequestContext request, SimpleResourceInfo operation) {
        var needed = neededFor(request.getMethod(), operation.getMethodName());
        request.setProperty(NEEDED, needed);
        doorman.admit(request.getHeaderString(HttpHeaders.AUTHORIZATION), needed);
    }

    /** Whether the caller of a request has been asked; not, where the framework refused it before. */
    static boolean hasAsked(ContainerRequestContext request) {
        return request.getProperty(NEEDED) != null;
    }

    /**
     * What an operation needs. It is told by its own name, not by the path, which has more than one spelling.
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
