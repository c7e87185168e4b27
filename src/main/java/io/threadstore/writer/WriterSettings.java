package io.threadstore.writer;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How long writers last. */
@ConfigMapping(prefix = "threadstore.writers")
public interface WriterSettings {

    /**
     * A writer's lease. It is renewed by an append that stores items, or that repeats stored ones, by a persist and by
     * a flush; through gRPC by a persist or flush once half of it has gone. An append that stores nothing does not
     * renew it. After it another writer may be opened without takeover, and a file imported.
     */
    @WithDefault("60s")
    Duration lease();

    /** After this long without use a lazy thread that holds nothing is removed, and one that holds items is materialised. */
    @WithDefault("24h")
    Duration lazyIdle();

    /**
     * This long after the end of its lease a writer is closed. Until then it may continue, unless another has been
     * opened; afterwards it gets {@code thread_not_live}.
     */
    @WithDefault("720h")
    Duration keepExpired();
}
