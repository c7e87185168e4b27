package io.threadstore.identity;

import io.smallrye.config.SmallRyeConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What has to be settled before the service opens its door: whose tokens it takes, or that it takes none and so listens on loopback only,
 * unless it was told otherwise in so many words; and whom it believes when they say for whom they call.
 */
public final class DoorCheck {

    private static final String PREFIX = "threadstore.auth.";
    private static final String ISSUER = PREFIX + "issuer";
    private static final String JWKS_URL = PREFIX + "jwks-url";
    private static final String KEY_FILE = PREFIX + "key-file";
    private static final String AUDIENCE = PREFIX + "audience";
    private static final String ALGORITHMS = PREFIX + "algorithms";
    private static final String ALLOW_ANONYMOUS = PREFIX + "allow-anonymous";
    private static final String AUDIT_LEVEL = "quarkus.log.category.\"" + AuditLog.CATEGORY + "\".level";
    private static final String GRPC_TENANT = "threadstore.grpc.tenant";
    private static final String GRPC_HOSTS = "threadstore.grpc.hosts.";
    private static final String SEPARATE_SERVER = "quarkus.grpc.server.use-separate-server";
    private static final String HOST = "quarkus.http.host";
    private static final String TRUSTED_PROXIES = "threadstore.trusted-proxies";
    private static final String PROXY = "quarkus.http.proxy.";
    private static final String FORWARDING = PROXY + "proxy-address-forwarding";
    private static final String PROXIES = PROXY + "trusted-proxies";

    private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "localhost", "::1", "[::1]");
    private static final String LOOPBACK_HOST = "127.0.0.1";

    private final SmallRyeConfig config;

    private DoorCheck(SmallRyeConfig config) {
        this.config = config;
    }

    /**
     * Checks, has a service that asks nobody who they are listen on loopback where no other address is configured, and one that has trusted
     * proxies believe what they forward.
     *
     * @throws IllegalStateException with a message for the operator
     */
    public static void make(SmallRyeConfig config) {
        new DoorCheck(config).check();
    }

    private void check() {
        checkProxies();
        checkGrpc();
        if (isSet(ISSUER) || isSet(JWKS_URL) || isSet(KEY_FILE)) {
            checkExpectations();
        } else if (!config.getOptionalValue(ALLOW_ANONYMOUS, Boolean.class).orElse(false)) {
            stayOnLoopback();
            // a laptop has nobody to answer to
            if (!isSet(AUDIT_LEVEL)) {
                System.setProperty(AUDIT_LEVEL, "OFF");
            }
        }
    }

    /** Quarkus believes everybody's headers where no proxies are named. */
    private void checkProxies() {
        var trusted = value(TRUSTED_PROXIES);
        if (trusted != null) {
            setUnlessSet(PROXIES, trusted);
            setUnlessSet(FORWARDING, "true");
            setUnlessSet(PROXY + "enable-forwarded-host", "true");
            setUnlessSet(PROXY + "enable-forwarded-prefix", "true");
        } else if (config.getOptionalValue(FORWARDING, Boolean.class).orElse(false) && !isSet(PROXIES)) {
            throw new IllegalStateException(FORWARDING + " is on, but no proxy is named: anybody could say to call for"
                    + " anybody. Set " + TRUSTED_PROXIES + " to the gateway's addresses.");
        }
    }

    /** gRPC comes through REST's door, and tenants are such as a token may name. */
    private void checkGrpc() {
        if (config.getOptionalValue(SEPARATE_SERVER, Boolean.class).orElse(false)) {
            throw new IllegalStateException(SEPARATE_SERVER
                    + " is on, but gRPC is answered on the port of REST, where it is known who may call.");
        }
        for (var name : config.getPropertyNames()) {
            if (name.equals(GRPC_TENANT) || name.startsWith(GRPC_HOSTS)) {
                var tenant = value(name);
                if (tenant != null && !Doorman.isTenant(tenant)) {
                    throw new IllegalStateException(name + " can't name a tenant: it is longer than 128 characters, or"
                            + " holds some that can't be printed.");
                }
            }
        }
    }

    private void setUnlessSet(String name, String value) {
        if (!isSet(name)) {
            System.setProperty(name, value);
        }
    }

    private void checkExpectations() {
        if (isSet(JWKS_URL) && isSet(KEY_FILE)) {
            throw new IllegalStateException(
                    JWKS_URL + " and " + KEY_FILE + " are both set; keys come from one of them.");
        }
        for (var needed : List.of(ISSUER, AUDIENCE)) {
            if (!isSet(needed)) {
                throw new IllegalStateException(
                        "Tokens are to be verified, but " + needed + " is not set: a token of anybody, or one that was"
                                + " meant for another service, would be taken.");
            }
        }
        for (var audience : config.getOptionalValues(AUDIENCE, String.class).orElse(List.of())) {
            if (audience.isBlank()) {
                throw new IllegalStateException(AUDIENCE + " holds an empty one.");
            }
        }
        var keyFile = value(KEY_FILE);
        if (keyFile != null) {
            KeyFile.read(Path.of(keyFile)).check();
        }
        for (var algorithm : config.getOptionalValues(ALGORITHMS, String.class).orElse(List.of())) {
            if (!algorithm.strip().toUpperCase(Locale.ROOT).matches("(RS|PS|ES)(256|384|512)|EDDSA")) {
                throw new IllegalStateException(
                        ALGORITHMS + " holds " + algorithm + "; only signatures with public keys are taken.");
            }
        }
    }

    private void stayOnLoopback() {
        var host = value(HOST);
        if (host == null) {
            System.setProperty(HOST, LOOPBACK_HOST);
        } else if (!LOOPBACK.contains(host)) {
            throw new IllegalStateException("The service would listen on " + host + " (" + HOST
                    + ") and take anybody's requests."
                    + " Set " + ISSUER + " and " + AUDIENCE + " to have callers show a token, set " + HOST + " to "
                    + LOOPBACK_HOST + ", or set " + ALLOW_ANONYMOUS + "=true if something else keeps strangers away.");
        }
    }

    private boolean isSet(String name) {
        return value(name) != null;
    }

    private @Nullable String value(String name) {
        return config.getOptionalValue(name, String.class)
                .filter(value -> !value.isBlank())
                .orElse(null);
    }
}
