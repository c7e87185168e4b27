package io.threadstore.idempotency;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of requests with a key. */
@ConfigMapping(prefix = "threadstore.idempotency")
public interface IdempotencySettings {

    /** For how long an answer is kept; after that the same key is a new request. */
    @WithDefault("24h")
    Duration keep();
}
