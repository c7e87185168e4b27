package io.threadstore.connection;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.SmallRyeConfig;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.ConfigProvider;

/**
 * The limits of one HTTP server.
 *
 * @param maxConnections of all peers together
 * @param maxPerPeer of one peer that is not trusted
 * @param controlFrames in 10 s, of one HTTP/2 connection
 * @param maxRequestLine in bytes
 * @param maxHeaders in bytes, all together
 */
record ConnectionLimits(
        long headerNanos,
        long idleNanos,
        int maxConnections,
        int maxPerPeer,
        int controlFrames,
        int maxRequestLine,
        int maxHeaders,
        TrustedPeers trusted) {

    private static final String MAX_CONNECTIONS = "quarkus.http.limits.max-connections";
    private static final String MAX_REQUEST_LINE = "quarkus.http.limits.max-initial-line-length";
    private static final int DEFAULT_REQUEST_LINE = 4096;
    private static final String MAX_HEADERS = "quarkus.http.limits.max-header-size";
    private static final int DEFAULT_HEADERS = 20 * 1024;
    private static final String TRUSTED_PROXIES = "threadstore.trusted-proxies";
    private static final String QUARKUS_PROXIES = "quarkus.http.proxy.trusted-proxies";

    /** Read when the server starts: that is before anything of the application can be injected. */
    static ConnectionLimits read() {
        var config = ConfigProvider.getConfig().unwrap(SmallRyeConfig.class);
        var settings = config.getConfigMapping(ConnectionSettings.class);
        var connections =
                config.getOptionalValue(MAX_CONNECTIONS, Integer.class).orElse(Integer.MAX_VALUE);
        var proxies = config.getOptionalValues(QUARKUS_PROXIES, String.class)
                .or(() -> config.getOptionalValues(TRUSTED_PROXIES, String.class))
                .orElse(List.of());
        return new ConnectionLimits(
                settings.headerTimeout().toNanos(),
                settings.idleTimeout().toNanos(),
                connections,
                settings.maxPerPeer().orElse(Math.max(1, connections / 4)),
                settings.controlFrames(),
                config.getOptionalValue(MAX_REQUEST_LINE, Integer.class).orElse(DEFAULT_REQUEST_LINE),
                config.getOptionalValue(MAX_HEADERS, MemorySize.class)
                        .map(size -> size.asBigInteger().intValueExact())
                        .orElse(DEFAULT_HEADERS),
                TrustedPeers.of(proxies));
    }

    long headerSeconds() {
        return TimeUnit.NANOSECONDS.toSeconds(headerNanos);
    }
}
