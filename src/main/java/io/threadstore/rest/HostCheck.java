package io.threadstore.rest;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/**
 * Answers 400 to a request of HTTP/1.0 that names no host, as the framework does for HTTP/1.1: it has no absolute URI, and asking for that
 * fails.
 */
@ApplicationScoped
class HostCheck {

    private static final int AFTER_REQUEST_IDS = 999;
    private static final int BAD_REQUEST = 400;

    void register(@Observes Filters filters) {
        filters.register(HostCheck::check, AFTER_REQUEST_IDS);
    }

    private static void check(RoutingContext context) {
        var request = context.request();
        if (request.version() == HttpVersion.HTTP_1_0 && !request.headers().contains(HttpHeaders.HOST)) {
            context.response().setStatusCode(BAD_REQUEST).end();
            return;
        }
        context.next();
    }
}
