package io.threadstore.connection;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * What all guarded servers of the process have accepted, closed and rejected. Plain counters: {@link ConnectionMetrics}
 * publishes them.
 */
final class ConnectionCounts {

    /** Why a connection was closed, or a request rejected, by its guard. */
    enum Reason {
        /** As many connections as there may be are open. */
        MAX_CONNECTIONS,
        /** The peer has as many connections as it may have. */
        MAX_PER_PEER,
        /** The headers, or the TLS handshake, took too long. */
        HEADER_TIMEOUT,
        /** Too many control frames of HTTP/2. */
        CONTROL_FRAMES,
        /** A request that is not valid HTTP. */
        INVALID_REQUEST
    }

    static final ConnectionCounts INSTANCE = new ConnectionCounts();

    private final AtomicInteger open = new AtomicInteger();
    private final LongAdder idleClosed = new LongAdder();
    private final Map<Reason, LongAdder> rejected = new EnumMap<>(Reason.class);

    private ConnectionCounts() {
        for (var reason : Reason.values()) {
            rejected.put(reason, new LongAdder());
        }
    }

    void opened() {
        open.incrementAndGet();
    }

    void closed() {
        open.decrementAndGet();
    }

    void rejected(Reason reason) {
        rejected.get(reason).increment();
    }

    void idleClosed() {
        idleClosed.increment();
    }

    int openNow() {
        return open.get();
    }

    long idleClosedSoFar() {
        return idleClosed.sum();
    }

    long rejectedSoFar(Reason reason) {
        return rejected.get(reason).sum();
    }
}
