package io.threadstore.rest;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/** Gives a request of HTTP/1.0 that names no host the address that it was sent to: the framework can't make an absolute URI without. */
@ApplicationScoped
class DefaultHost {

    private static final int BEFORE_EVERYTHING = 1000;

    void register(@Observes Filters filters) {
        filters.register(DefaultHost::name, BEFORE_EVERYTHING);
    }

    private static void name(RoutingContext context) {
        var request = context.request();
        if (request.authority() == null && request.localAddress() != null) {
            request.headers().set(HttpHeaders.HOST, request.localAddress().toString());
        }
        context.next();
    }
}
