package io.threadstore.rest;

import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import io.threadstore.admission.Connections;
import io.threadstore.admission.CountedBody;
import io.threadstore.admission.CurrentRequest;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.Limits;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.BooleanSupplier;

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
    private final CurrentRequest current;

    RequestBodies(Limits limits, CurrentVertxRequest request, CurrentRequest current) {
        this.limits = limits;
        this.request = request;
        this.current = current;
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

    private byte[] read(InputStream body, long limit) {
        try (var counted = counted(body)) {
            var bytes = counted.readNBytes((int) Math.min(limit + 1, Integer.MAX_VALUE - 8));
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

    /** The body, whose bytes are counted until the request ends; closing it leaves the body itself open. */
    InputStream counted(InputStream body) {
        return new Unclosed(current.counted(body, RestAdmission.BODY_COST));
    }

    /** Tells whether the client of the current request has disconnected. It may be asked by any thread. */
    BooleanSupplier disconnection() {
        var response = request.getCurrent().response();
        return response::closed;
    }

    /** How long a rollout file may be, packed, and how much it may unpack to. */
    ContentCoding.UnpackLimits unpackLimits() {
        return ContentCoding.UnpackLimits.ofFile(
                limits.rollout().asLongValue(), limits.compressionRatio(), disconnection());
    }

    /** The body of a file that is spooled: none of its bytes is kept in memory. */
    InputStream spooled(InputStream body) {
        return new Unclosed(current.counted(body, 0));
    }

    /** Reads on and throws away, within bounds; what is left beyond them ends with the connection. */
    void drain(InputStream body) {
        var buffer = new byte[64 * 1024];
        var end = System.nanoTime() + DRAIN_NANOS;
        try (var counted = new Unclosed(current.counted(body, 0))) {
            for (var total = 0L; total < DRAIN_BYTES && System.nanoTime() < end; ) {
                var count = counted.read(buffer);
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

    /** Keeps the body open, which the framework closes itself. */
    private static final class Unclosed extends FilterInputStream {

        Unclosed(InputStream body) {
            super(body);
        }

        @Override
        public void close() throws IOException {
            if (in instanceof CountedBody counted) {
                counted.close();
            }
        }
    }

    static ThreadStoreException interrupted(IOException cause) {
        return ThreadStoreException.of(ErrorKind.INVALID_REQUEST, "the body ended before it was complete", cause);
    }
}
