package io.threadstore.connection;

import io.vertx.core.impl.VertxBuilder;
import io.vertx.core.impl.transports.JDKTransport;
import io.vertx.core.spi.VertxServiceProvider;

/**
 * Has Vert.x put a {@link ConnectionGuard} on each connection that a TCP server accepts. All servers of this service
 * speak HTTP: the API, and the management interface where it is on. Connections to others have none. Quarkus finds this
 * class through {@code META-INF/services} when it builds the application.
 */
public final class ConnectionGuardProvider implements VertxServiceProvider {

    @Override
    public void init(VertxBuilder builder) {
        var transport = builder.findTransport();
        builder.findTransport(
                transport instanceof JDKTransport ? new GuardedJdkTransport() : new GuardedNativeTransport(transport));
    }
}
