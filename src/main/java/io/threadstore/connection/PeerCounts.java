package io.threadstore.connection;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** How many connections each peer has. One host of IPv6 has a network (/64) of addresses, so those count together. */
final class PeerCounts {

    private static final int IPV6_HOST_BYTES = 8;

    private final ConcurrentMap<InetAddress, Integer> counts = new ConcurrentHashMap<>();

    /** Counts a connection, also one beyond the limit. */
    int increment(InetAddress peer) {
        return counts.merge(network(peer), 1, Integer::sum);
    }

    void decrement(InetAddress peer) {
        counts.computeIfPresent(network(peer), (key, count) -> count == 1 ? null : count - 1);
    }

    /** How many peers have connections. */
    int size() {
        return counts.size();
    }

    private static InetAddress network(InetAddress peer) {
        if (!(peer instanceof Inet6Address)) {
            return peer;
        }
        var bytes = peer.getAddress();
        Arrays.fill(bytes, bytes.length - IPV6_HOST_BYTES, bytes.length, (byte) 0);
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
