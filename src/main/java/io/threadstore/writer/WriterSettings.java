package io.threadstore.writer;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How long writers last. */
@ConfigMapping(prefix = "threadstore.writers")
public interface WriterSettings {

    /**
     * A writer's lease, renewed by every append, persist and flush; through gRPC by those that have something to write, and by a persist or
     * flush once half of it has gone. After it another writer may be opened without
     * takeover.
     */
    @WithDefault("60s")
    Duration lease();

    /** After this long without use a lazy thread that holds nothing is removed, and one that holds items is materialised. */
    @WithDefault("24h")
    Duration lazyIdle();
}
