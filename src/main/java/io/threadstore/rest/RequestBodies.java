package io.threadstore.rest;

import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.Limits;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.InputStream;

/**
 * Reads request bodies within the limits. The HTTP server's own limit cuts the connection without an answer; here a body that
 * is too large is read on for a while and thrown away, so that a client that sends first still sees its 413.
 */
@ApplicationScoped
class RequestBodies {

    /** How much of a body that is too large is read and thrown away. */
    private static final long DRAIN_BYTES = 256L * 1024 * 1024;

    private static final long DRAIN_NANOS = 20_000_000_000L;

    private final Limits limits;
    private final CurrentVertxRequest request;

    RequestBodies(Limits limits, CurrentVertxRequest request) {
        this.limits = limits;
        this.request = request;
    }

    /** A body of any operation that has no limit of its own. */
    byte[] small(InputStream body) {
        try {
            return read(body, limits.request().asLongValue());
        } catch (ThreadStoreException e) {
            drain(body);
            throw e;
        }
    }

    /** The body of an append; what is left of one that is too large is the caller's to drain. */
    byte[] append(InputStream body) {
        return read(body, limits.append().asLongValue());
    }

    private static byte[] read(InputStream body, long limit) {
        try {
            var bytes = body.readNBytes((int) Math.min(limit + 1, Integer.MAX_VALUE - 8));
            requireWithin(bytes, limit);
            return bytes;
        } catch (IOException e) {
            throw interrupted(e);
        }
    }

    /** @throws ThreadStoreException REQUEST_TOO_LARGE if the body is longer */
    static void requireWithin(byte[] body, long limit) {
        if (body.length > limit) {
            throw ThreadStoreException.of(ErrorKind.REQUEST_TOO_LARGE, "the body is longer than " + limit + " bytes");
        }
    }

    /** Reads on and throws away, within bounds; what is left beyond them ends with the connection. */
    void drain(InputStream body) {
        var buffer = new byte[64 * 1024];
        var end = System.nanoTime() + DRAIN_NANOS;
        try {
            for (var total = 0L; total < DRAIN_BYTES && System.nanoTime() < end; ) {
                var count = body.read(buffer);
                if (count < 0) {
                    return;
                }
                total += count;
            }
            Connections.closeAfter(request.getCurrent());
        } catch (IOException e) {
            // the client has gone, or gave up: there is nobody to answer
        }
    }

    static ThreadStoreException interrupted(IOException cause) {
        return ThreadStoreException.of(ErrorKind.INVALID_REQUEST, "the body ended before it was complete", cause);
    }
}
