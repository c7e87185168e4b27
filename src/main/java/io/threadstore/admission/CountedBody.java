package io.threadstore.admission;

import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.limits.ConcurrencyLimiter;
import io.threadstore.platform.limits.Limiters.Limit;
import io.vertx.ext.web.RoutingContext;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * A large body that an operation reads on a thread of its own. Its bytes are counted as they arrive, and a client that
 * sends too slowly is disconnected. While it is read, another tenant that waits for its share may have it disconnected,
 * too. Closing it leaves the body itself open; its memory is held until the request ends.
 */
public final class CountedBody extends FilterInputStream {

    private final AdmittedRequest request;
    private final ConcurrencyLimiter.Lease memory;
    private final BodyRate rate;
    private final int cost;

    /** The thread that waits for the client; null while none does. */
    private @Nullable Thread reader;

    /** @param cost how many bytes of memory each byte takes until the request ends; 0 if bytes are not kept */
    CountedBody(InputStream body, AdmittedRequest request, RoutingContext routing, BodySettings settings, int cost) {
        super(body);
        this.request = request;
        this.cost = cost;
        this.memory = request.leaseOf(Limit.MEMORY);
        Runnable cut = () -> cut(routing);
        this.rate = new BodyRate(routing.vertx(), settings, cut);
        RequestResources.current(routing).onExchangeEnd(rate::end);
        for (var limit : new Limit[] {Limit.BODIES, Limit.IMPORTS, Limit.MEMORY}) {
            request.revocable(limit, cut);
        }
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    /** @throws ThreadStoreException UNAVAILABLE if there is no memory for what has arrived */
    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        rate.waiting();
        var count = -1;
        try {
            count = readFromClient(buffer, offset, length);
        } finally {
            rate.received(Math.max(0, count));
        }
        if (count < 0) {
            close();
        } else if (cost > 0) {
            memory.growBlocking((long) count * cost);
        }
        return count;
    }

    private int readFromClient(byte[] buffer, int offset, int length) throws IOException {
        synchronized (this) {
            if (request.isCut()) {
                throw new IOException("the client has been disconnected");
            }
            reader = Thread.currentThread();
        }
        try {
            return super.read(buffer, offset, length);
        } finally {
            synchronized (this) {
                reader = null;
                if (request.isCut()) {
                    Thread.interrupted(); // it was for the read alone
                }
            }
        }
    }

    /** A stream of HTTP/2 that the service resets does not wake the thread that reads it. On any thread. */
    private void cut(RoutingContext routing) {
        Connections.cut(routing);
        synchronized (this) {
            request.cut();
            if (reader != null) {
                reader.interrupt();
            }
        }
    }

    /** The body has been read, or is not read on: the request is no longer at its client's mercy. */
    @Override
    public void close() {
        rate.end();
        request.irrevocable();
    }
}
