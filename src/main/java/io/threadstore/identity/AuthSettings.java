package io.threadstore.identity;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Whose tokens are taken. Without any of the first three, callers are not asked who they are, and the service listens on loopback only.
 */
@ConfigMapping(prefix = "threadstore.auth")
public interface AuthSettings {

    /** The {@code iss} that tokens must have. Its keys are found by OpenID Connect discovery, unless one of the next two says where. */
    Optional<String> issuer();

    /** Where the issuer's keys are: the URL of a JWK set. */
    Optional<String> jwksUrl();

    /** Where the issuer's keys are: a file with a public key (PEM), a certificate (PEM) or a JWK set. */
    Optional<String> keyFile();

    /** The {@code aud} that tokens must have; any one of these. */
    Optional<List<String>> audience();

    /** The signature algorithms that are taken; symmetric ones can't be. */
    @WithDefault("RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,ES512")
    List<String> algorithms();

    /** By how much clocks may differ. */
    @WithDefault("30s")
    Duration clockSkew();

    /** After how long a JWK set is fetched again. */
    @WithDefault("10m")
    Duration keysRefresh();

    /**
     * The least time between two fetches of the keys: after a failure, and where a token names a key that is not known.
     */
    @WithDefault("5s")
    Duration keysMinInterval();

    /** Which claim names the tenant; members of nested claims by slashes: {@code org/id}. */
    @WithDefault("tenant")
    String tenantClaim();

    /** Which claim names the caller, for the record. */
    @WithDefault("sub")
    String subjectClaim();

    /** Which claims hold scopes, as a list or as a text with spaces between. */
    @WithDefault("scope,scp")
    List<String> scopeClaims();

    /** Which of the words in those claims allow what. */
    Scopes scopes();

    /** Whether the service may listen beyond loopback without asking callers who they are. */
    @WithDefault("false")
    boolean allowAnonymous();

    /** Words that grant a scope; any one of them is enough. */
    interface Scopes {

        @WithDefault("threads:read")
        List<String> read();

        @WithDefault("threads:write")
        List<String> write();

        @WithDefault("threads:delete")
        List<String> delete();
    }

    /** Whether callers have to say who they are. */
    default boolean isOn() {
        return issuer().isPresent() || jwksUrl().isPresent() || keyFile().isPresent();
    }
}
