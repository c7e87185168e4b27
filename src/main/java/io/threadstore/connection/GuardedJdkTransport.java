package io.threadstore.connection;

import io.netty.bootstrap.ServerBootstrap;
import io.vertx.core.impl.transports.JDKTransport;
import io.vertx.core.net.NetServerOptions;

/** The JDK's sockets, with guarded servers. Vert.x tells by the class whether a transport is native. */
final class GuardedJdkTransport extends JDKTransport {

    @Override
    public void configure(NetServerOptions options, boolean domainSocket, ServerBootstrap bootstrap) {
        super.configure(options, domainSocket, bootstrap);
        if (!domainSocket) {
            bootstrap.handler(new AcceptGate(ConnectionLimits.read()));
        }
    }
}
