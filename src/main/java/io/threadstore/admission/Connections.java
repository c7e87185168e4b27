package io.threadstore.admission;

import io.netty.util.AttributeKey;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;

/**
 * Connections that end with an answer, because nothing else would tell the client or the server where the next message
 * begins.
 */
public final class Connections {

    private static final String CLOSE = "close";

    /** How many requests in a row a connection may send without a valid token. */
    private static final int MAX_UNAUTHENTICATED = 100;

    private static final int ENHANCE_YOUR_CALM = 11;
    private static final AttributeKey<Integer> UNAUTHENTICATED = AttributeKey.valueOf("threadstore.unauthenticated");

    private Connections() {}

    /**
     * Counts a request without a valid token. After {@value #MAX_UNAUTHENTICATED} in a row the connection is closed
     * after the response: to go on, the client has to connect again. To be called before the response is sent.
     */
    public static void unauthenticated(RoutingContext context) {
        if (context.request().connection() instanceof ConnectionBase connection) {
            var count = connection.channel().attr(UNAUTHENTICATED);
            var before = count.get();
            var now = before == null ? 1 : before + 1;
            count.set(now);
            if (now >= MAX_UNAUTHENTICATED) {
                if (context.request().version() == HttpVersion.HTTP_2) {
                    context.addEndHandler(
                            ended -> context.request().connection().goAway(ENHANCE_YOUR_CALM));
                    context.addEndHandler(
                            ended -> context.request().connection().close());
                } else {
                    closeAfter(context);
                }
            }
        }
    }

    /** A request of the connection has a valid token. */
    static void authenticated(RoutingContext context) {
        if (context.request().connection() instanceof ConnectionBase connection) {
            var count = connection.channel().attr(UNAUTHENTICATED);
            if (count.get() != null) {
                count.set(null);
            }
        }
    }

    /** HTTP/1.0 knows no chunks: a body without a length ends with its connection. */
    public static void closeUnlessChunked(RoutingContext context) {
        if (context.request().version() == HttpVersion.HTTP_1_0) {
            closeAfter(context);
        }
    }

    /** Ends an exchange with a client that takes nothing, without waiting for what is on its way to be taken. */
    public static void cut(RoutingContext context) {
        if (context.request().version() != HttpVersion.HTTP_2
                && context.request().connection() instanceof ConnectionBase connection) {
            var channel = connection.channel();
            // past the handlers, which would wait for what is still to be sent
            channel.eventLoop().execute(() -> {
                // a response that has ended meanwhile leaves the connection to the next request
                if (!context.response().ended() && !context.response().closed()) {
                    channel.unsafe().close(channel.voidPromise());
                }
            });
        } else {
            context.response().reset();
        }
    }

    /** Closes an HTTP/1 connection after the answer; HTTP/2 ends a stream by itself. */
    public static void closeAfter(RoutingContext context) {
        if (context.request().version() != HttpVersion.HTTP_2) {
            context.response().putHeader(HttpHeaders.CONNECTION, CLOSE);
            context.addEndHandler(ended -> context.request().connection().close());
        }
    }
}
