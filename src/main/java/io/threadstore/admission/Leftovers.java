package io.threadstore.admission;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;

/**
 * What is left of a request's body after its answer. A part of it is read and discarded, so that a client that sends
 * first still sees the answer; then the connection, or the HTTP/2 stream, ends. Otherwise the framework would keep on
 * the heap what arrives, and an HTTP/2 stream would keep a part of its connection's window.
 */
enum Leftovers {
    /** Of a client that is not authenticated. */
    UNKNOWN_CLIENT(1024L * 1024, 2_000),
    /** Of a client that is authenticated. */
    KNOWN_CLIENT(64L * 1024 * 1024, 10_000),
    /** Nothing is read. */
    NONE(0, 1);

    private static final String KEY = "threadstore.leftovers";

    private final long maxBytes;
    private final long maxMillis;

    Leftovers(long maxBytes, long maxMillis) {
        this.maxBytes = maxBytes;
        this.maxMillis = maxMillis;
    }

    /** Whether a request may have a body that is not read to its end. */
    static boolean arePossible(HttpServerRequest request) {
        return request.version() == HttpVersion.HTTP_2
                || request.headers().contains(HttpHeaders.CONTENT_LENGTH)
                || request.headers().contains(HttpHeaders.TRANSFER_ENCODING);
    }

    /** Discards what is left. To be called on the event loop, after the answer. */
    void discard(RoutingContext routing) {
        var request = routing.request();
        if (request.isEnded() || isDisconnected(routing) || routing.get(KEY) != null) {
            return;
        }
        routing.put(KEY, true);
        var timer = routing.vertx().setTimer(maxMillis, late -> end(routing));
        var discarded = new long[1];
        request.handler(part -> {
            discarded[0] += part.length();
            if (discarded[0] > maxBytes) {
                routing.vertx().cancelTimer(timer);
                end(routing);
            }
        });
        request.endHandler(ended -> routing.vertx().cancelTimer(timer));
        request.resume();
        if (request.isEnded()) { // nothing was left: its end has been signalled before
            routing.vertx().cancelTimer(timer);
        }
    }

    /** A response of HTTP/1 that ends its connection calls itself closed before the connection is. */
    private static boolean isDisconnected(RoutingContext routing) {
        return routing.request().version() == HttpVersion.HTTP_2
                ? routing.response().closed()
                : routing.request().connection() instanceof ConnectionBase connection
                        && !connection.channel().isActive();
    }

    private static void end(RoutingContext routing) {
        if (routing.request().isEnded()) {
            return;
        }
        if (routing.request().version() == HttpVersion.HTTP_2) {
            routing.response().reset();
        } else {
            routing.request().connection().close();
        }
    }
}
