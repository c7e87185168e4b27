package io.threadstore.codex;

import io.smallrye.config.ConfigMapping;
import java.util.Map;
import java.util.Optional;

/** Whose threads a Codex sees that sends no token: its own client never does. */
@ConfigMapping(prefix = "threadstore.grpc")
interface GrpcSettings {

    /** The tenant of each host name that clients call; without a port. */
    Map<String, String> hosts();

    /** The tenant of all others: for a service that only one tenant's clients reach. */
    Optional<String> tenant();
}
