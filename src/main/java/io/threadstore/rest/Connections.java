package io.threadstore.rest;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;

/** Connections that end with an answer, because nothing else would tell the client or the server where the next message begins. */
final class Connections {

    private static final String CLOSE = "close";

    private Connections() {}

    /** HTTP/1.0 knows no chunks: a body without a length ends with its connection. */
    static void closeUnlessChunked(RoutingContext context) {
        if (context.request().version() == HttpVersion.HTTP_1_0) {
            closeAfter(context);
        }
    }

    /** Closes an HTTP/1 connection after the answer; HTTP/2 ends a stream by itself. */
    static void closeAfter(RoutingContext context) {
        if (context.request().version() != HttpVersion.HTTP_2) {
            context.response().putHeader(HttpHeaders.CONNECTION, CLOSE);
            context.addEndHandler(ended -> context.request().connection().close());
        }
    }
}
