package io.threadstore.codex;

import io.threadstore.identity.Doorman;
import io.threadstore.identity.Scope;
import io.threadstore.platform.Caller;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Finds out whose Codex calls. Its client sends no token, so there are three ways: a token that a sidecar adds, the name of the host that was
 * called, or one configured tenant. Where tokens are asked for and none of these says who it is, the call is refused.
 */
@ApplicationScoped
class Admission {

    /** Who has changed something, for the record, where nobody says more. */
    private static final String SUBJECT = "codex";

    private final Doorman doorman;
    private final Map<String, String> hosts;
    private final Optional<String> tenant;

    Admission(Doorman doorman, GrpcSettings settings) {
        this.doorman = doorman;
        this.hosts = settings.hosts().entrySet().stream()
                .collect(Collectors.toMap(host -> CallHeaders.host(host.getKey()), Map.Entry::getValue));
        this.tenant = settings.tenant();
    }

    /** Whether {@link #admit} would admit the caller, and that without waiting; false also where that is not known. */
    boolean isKnown(Scope needed) {
        var said = CallHeaders.current();
        if (doorman.asks() && said.authorization() != null) {
            return doorman.recall(said.authorization(), needed).isPresent();
        }
        return said.host() != null && hosts.containsKey(said.host()) || tenant.isPresent() || !doorman.asks();
    }

    void admit(Scope needed) {
        var said = CallHeaders.current();
        var ofHost = said.host() == null ? null : hosts.get(said.host());
        if (doorman.asks() && said.authorization() != null) {
            doorman.admit(said.authorization(), needed);
        } else if (ofHost != null) {
            doorman.admit(new Caller(ofHost, SUBJECT));
        } else if (tenant.isPresent()) {
            doorman.admit(new Caller(tenant.get(), SUBJECT));
        } else {
            doorman.admit(null, needed);
        }
    }
}
