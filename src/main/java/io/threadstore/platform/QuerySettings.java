package io.threadstore.platform;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How long the database may work on one statement that reads. */
@ConfigMapping(prefix = "threadstore.queries")
public interface QuerySettings {

    /** A list or a search. */
    @WithDefault("5s")
    Duration timeout();

    /** The verification of one thread, which reads all of its items. */
    @WithDefault("10m")
    Duration verificationTimeout();
}
