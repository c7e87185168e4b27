package io.threadstore.platform;

import io.smallrye.config.SmallRyeConfig;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.Set;

/** Asks the service of this machine whether it is ready: for health checks in images that hold no shell and no HTTP client. */
public final class HealthProbe {

    /** The argument that asks for it. */
    public static final String ARGUMENT = "--health";

    private static final String PATH = "/q/health/ready";
    private static final Set<String> EVERYWHERE = Set.of("0.0.0.0", "::", "[::]");
    private static final int DEFAULT_PORT = 8080;
    private static final int DEFAULT_MANAGEMENT_PORT = 9000;
    private static final int TIMEOUT_MILLIS = 4000;

    private HealthProbe() {}

    /**
     * Asks where the configuration says that the service listens, and prints a line. That is the management port if
     * {@code quarkus.management.enabled} is true, which the images set as an environment variable, because a running
     * service does not see the properties of its build.
     *
     * @return the exit code: 0 if it is ready, else 1
     */
    public static int run(SmallRyeConfig config) {
        var address = address(config);
        try {
            var connection = (HttpURLConnection) URI.create(address).toURL().openConnection();
            connection.setConnectTimeout(TIMEOUT_MILLIS);
            connection.setReadTimeout(TIMEOUT_MILLIS);
            var status = connection.getResponseCode();
            var isReady = status == HttpURLConnection.HTTP_OK;
            System.out.println((isReady ? "ready: " : "not ready: ") + address + " answers " + status);
            return isReady ? 0 : 1;
        } catch (IOException e) {
            System.out.println("not ready: " + address + ": " + e.getMessage());
            return 1;
        }
    }

    static String address(SmallRyeConfig config) {
        var hasManagement = config.getOptionalValue("quarkus.management.enabled", Boolean.class)
                .orElse(false);
        var prefix = hasManagement ? "quarkus.management." : "quarkus.http.";
        var port = config.getOptionalValue(prefix + "port", Integer.class)
                .orElse(hasManagement ? DEFAULT_MANAGEMENT_PORT : DEFAULT_PORT);
        return "http://" + host(config, prefix + "host") + ":" + port + PATH;
    }

    private static String host(SmallRyeConfig config, String property) {
        return config.getOptionalValue(property, String.class)
                .filter(host -> !host.isBlank() && !EVERYWHERE.contains(host))
                .map(host -> host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host)
                .orElse("127.0.0.1");
    }
}
