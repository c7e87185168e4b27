package io.threadstore.admission;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How long a client may take to send a body. */
@ConfigMapping(prefix = "threadstore.bodies")
public interface BodySettings {

    /** How long the first byte of a body may take after the headers. */
    @WithDefault("10s")
    Duration firstByte();

    /** The lowest rate at which a body may arrive, in bytes per second, on average after the grace period. */
    @WithDefault("1K")
    MemorySize minRate();

    /** How long a body may arrive at a lower rate. */
    @WithDefault("10s")
    Duration grace();
}
