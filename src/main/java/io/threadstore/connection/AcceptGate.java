package io.threadstore.connection;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.threadstore.connection.ConnectionCounts.Reason;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Stands on the socket that accepts connections. It counts each connection when it is accepted, before a byte of it is
 * read, and closes those beyond a limit at once. The others get a {@link ConnectionGuard}.
 */
final class AcceptGate extends ChannelInboundHandlerAdapter {

    private final ConnectionLimits limits;
    private final AtomicInteger open = new AtomicInteger();
    private final PeerCounts peers = new PeerCounts();
    private final ConnectionCounts counts = ConnectionCounts.INSTANCE;

    AcceptGate(ConnectionLimits limits) {
        this.limits = limits;
    }

    @Override
    public boolean isSharable() {
        return true;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        var connection = (Channel) message;
        var peer = connection.remoteAddress() instanceof InetSocketAddress address ? address : null;
        var rejection = count(peer);
        if (rejection != null) {
            release(peer);
            counts.rejected(rejection);
            // it belongs to no event loop yet, and its close future never completes
            connection.unsafe().closeForcibly();
            return;
        }
        counts.opened();
        connection.closeFuture().addListener(closed -> {
            counts.closed();
            release(peer);
        });
        connection.pipeline().addLast(ConnectionGuard.NAME, new ConnectionGuard(limits));
        ctx.fireChannelRead(connection);
    }

    /** Counts a connection, and returns why it can't be accepted; null if it can. */
    private @Nullable Reason count(@Nullable InetSocketAddress peer) {
        var ofAll = open.incrementAndGet();
        var ofPeer = peer == null ? 0 : peers.increment(peer.getAddress());
        if (ofAll > limits.maxConnections()) {
            return Reason.MAX_CONNECTIONS;
        }
        return peer != null && ofPeer > limits.maxPerPeer() && !limits.trusted().contains(peer)
                ? Reason.MAX_PER_PEER
                : null;
    }

    private void release(@Nullable InetSocketAddress peer) {
        open.decrementAndGet();
        if (peer != null) {
            peers.decrement(peer.getAddress());
        }
    }
}
