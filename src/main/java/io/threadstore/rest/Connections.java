package io.threadstore.rest;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
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

    /** Ends an exchange with a client that takes nothing, without waiting for what is on its way to be taken. */
    static void cut(RoutingContext context) {
        if (context.request().version() != HttpVersion.HTTP_2
                && context.request().connection() instanceof ConnectionBase connection) {
            var channel = connection.channel();
            // past the handlers, which would wait for what is still to be sent
            channel.eventLoop().execute(() -> channel.unsafe().close(channel.voidPromise()));
        } else {
            context.response().reset();
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
