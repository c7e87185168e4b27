package io.threadstore.platform;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** What the metrics tell. */
@ConfigMapping(prefix = "threadstore.metrics")
public interface MetricsSettings {

    /** How often live writers are counted. */
    @WithDefault("60s")
    Duration every();

    /** How often the tables are measured. */
    @WithDefault("5m")
    Duration storageEvery();

    /** Whether appends, items and bytes are counted by tenant: as many series as there are tenants. */
    @WithDefault("false")
    boolean byTenant();
}
