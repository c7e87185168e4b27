package io.threadstore.rest;

import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.threadstore.admission.RequestResources;
import io.threadstore.platform.RunningQuery;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.container.ContainerRequestContext;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * Ends the query of a request whose client disconnects, so that the database does no work without a client that waits
 * for it.
 */
class DisconnectFilter {

    private final RunningQuery query;

    DisconnectFilter(RunningQuery query) {
        this.query = query;
    }

    @ServerRequestFilter
    void watch(ContainerRequestContext request, RoutingContext context) {
        var resources = RequestResources.current(context);
        if (resources != null && request.getMethod().equals(HttpMethod.GET)) {
            var slot = query.slot();
            resources.onExchangeEnd(() -> slot.cancel(Infrastructure.getDefaultWorkerPool()));
        }
    }
}
