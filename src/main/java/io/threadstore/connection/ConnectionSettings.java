package io.threadstore.connection;

import io.quarkus.arc.Unremovable;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.OptionalInt;

/** Limits for connections to the HTTP servers. They apply before the caller is known. */
@Unremovable // read without injection
@ConfigMapping(prefix = "threadstore.connections")
public interface ConnectionSettings {

    /**
     * How long a client may take to send the headers of a request. The time starts when the connection opens (the TLS
     * handshake is part of it), or at the first byte of a later request on the same connection.
     */
    @WithDefault("10s")
    Duration headerTimeout();

    /**
     * After how long a connection without a request in progress is closed. Longer than a gateway keeps connections to
     * the service open.
     */
    @WithDefault("75s")
    Duration idleTimeout();

    /**
     * Connections of one peer address at the most; of an IPv6 network (/64). A quarter of {@code
     * quarkus.http.limits.max-connections} if absent.
     */
    OptionalInt maxPerPeer();

    /**
     * HTTP/2 control frames of one connection in 10 s at the most, beyond those that the service's own frames cause.
     */
    @WithDefault("200")
    int controlFrames();
}
