package io.threadstore.codex;

import io.threadstore.error.ThreadStoreException;
import io.threadstore.identity.Doorman;
import io.threadstore.identity.Identity;
import io.threadstore.identity.Scope;
import io.threadstore.platform.Caller;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Determines whose Codex calls. Its client sends no token, so there are three ways: a token that a sidecar adds, the
 * name of the host that was called, or one configured tenant. Where tokens are required and none of these applies, the
 * call is rejected.
 */
@ApplicationScoped
class CallerResolver {

    /** The subject of changes where no token names one. */
    private static final String SUBJECT = "codex";

    private final Doorman doorman;
    private final Map<String, String> hosts;
    private final Optional<String> tenant;

    CallerResolver(Doorman doorman, GrpcSettings settings) {
        this.doorman = doorman;
        this.hosts = settings.hosts().entrySet().stream()
                .collect(Collectors.toMap(host -> CallHeaders.host(host.getKey()), Map.Entry::getValue));
        this.tenant = settings.tenant();
    }

    /**
     * The caller; it never waits.
     *
     * @param authorization the token that a sidecar adds; null if there is none
     * @param host the host name that was called, without a port; null if there is none
     * @throws ThreadStoreException UNAUTHENTICATED, FORBIDDEN, UNAVAILABLE
     */
    Identity resolve(@Nullable String authorization, @Nullable String host) {
        var ofHost = host == null ? null : hosts.get(host);
        if (doorman.asks() && authorization != null) {
            return doorman.identify(authorization);
        }
        if (ofHost != null) {
            return codex(ofHost);
        }
        return tenant.map(CallerResolver::codex).orElseGet(() -> doorman.identify(null));
    }

    private static Identity codex(String tenant) {
        return new Identity(new Caller(tenant, SUBJECT), Set.of(Scope.values()));
    }
}
