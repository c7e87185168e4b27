package io.threadstore.connection;

import io.netty.handler.ipfilter.IpFilterRuleType;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;

/** The gateways that may open more connections than other peers: those of {@code threadstore.trusted-proxies}. */
final class TrustedPeers {

    private static final Logger LOG = Logger.getLogger(TrustedPeers.class);
    private static final long LOOK_UP_EVERY = TimeUnit.SECONDS.toNanos(30);

    private final Set<InetAddress> addresses;
    private final List<IpSubnetFilterRule> networks;
    private final List<String> names;
    private final AtomicLong nextLookUp = new AtomicLong();
    private volatile Set<InetAddress> named = Set.of();

    private TrustedPeers(Set<InetAddress> addresses, List<IpSubnetFilterRule> networks, List<String> names) {
        this.addresses = addresses;
        this.networks = networks;
        this.names = names;
    }

    /**
     * @param entries addresses, networks ({@code 10.0.0.0/8}) and host names; of names all addresses count, and they
     * are looked up again in the background
     */
    static TrustedPeers of(List<String> entries) {
        var addresses = new HashSet<InetAddress>();
        var networks = new ArrayList<IpSubnetFilterRule>();
        var names = new ArrayList<String>();
        for (var entry : entries) {
            var text = entry.strip();
            var slash = text.indexOf('/');
            var bytes = NetUtil.createByteArrayFromIpAddressString(slash < 0 ? text : text.substring(0, slash));
            if (text.isEmpty()) {
                continue;
            }
            if (bytes == null) {
                names.add(text);
            } else if (slash < 0) {
                addresses.add(address(bytes));
            } else {
                networks.add(new IpSubnetFilterRule(
                        address(bytes), Integer.parseInt(text.substring(slash + 1)), IpFilterRuleType.ACCEPT));
            }
        }
        var trusted = new TrustedPeers(Set.copyOf(addresses), List.copyOf(networks), List.copyOf(names));
        if (!names.isEmpty()) {
            trusted.nextLookUp.set(System.nanoTime() + LOOK_UP_EVERY);
            CompletableFuture.runAsync(trusted::lookUp);
        }
        return trusted;
    }

    boolean contains(InetSocketAddress peer) {
        if (!names.isEmpty()) {
            lookUpIfOld();
        }
        var address = peer.getAddress();
        return addresses.contains(address)
                || named.contains(address)
                || networks.stream().anyMatch(network -> network.matches(peer));
    }

    private void lookUpIfOld() {
        var next = nextLookUp.get();
        var now = System.nanoTime();
        if (now - next >= 0 && nextLookUp.compareAndSet(next, now + LOOK_UP_EVERY)) {
            CompletableFuture.runAsync(this::lookUp);
        }
    }

    private void lookUp() {
        var found = new HashSet<InetAddress>();
        for (var name : names) {
            try {
                found.addAll(Arrays.asList(InetAddress.getAllByName(name)));
            } catch (UnknownHostException e) {
                LOG.debugf("the trusted proxy %s has no address", name);
            }
        }
        named = Set.copyOf(found);
    }

    private static InetAddress address(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
