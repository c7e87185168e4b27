package io.threadstore.identity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.jwt.algorithm.SignatureAlgorithm;
import io.smallrye.jwt.auth.principal.DefaultJWTCallerPrincipalFactory;
import io.smallrye.jwt.auth.principal.DefaultJWTParser;
import io.smallrye.jwt.auth.principal.JWTAuthContextInfo;
import io.smallrye.jwt.auth.principal.JWTParser;
import io.smallrye.jwt.auth.principal.ParseException;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jose4j.jwt.consumer.ErrorCodes;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.jose4j.jwt.consumer.InvalidJwtSignatureException;
import org.jspecify.annotations.Nullable;

/**
 * Verifies bearer tokens (RFC 7519, RFC 9068): signature, algorithm, issuer, audience and times. Keys are cached and fetched again, also when a
 * token names one that is not known yet.
 */
@ApplicationScoped
class TokenVerifier {

    private static final Logger LOG = Logger.getLogger(TokenVerifier.class);

    private static final String NO_KEYS = "the issuer's keys can't be fetched";
    private static final Duration PAUSE = Duration.ofSeconds(5);
    private static final int FORCED_REFRESH_MINUTES = 1;

    /** Of the year 9999, since 1970. */
    private static final double LAST_SECOND = 253_402_300_799.0;

    private final AuthSettings settings;
    private final ObjectMapper mapper;
    private final IssuerDiscovery discovery;
    private volatile @Nullable JWTParser parser;
    private volatile @Nullable Long failed;
    private volatile boolean hasKeys;

    TokenVerifier(AuthSettings settings, ObjectMapper mapper, IssuerDiscovery discovery) {
        this.settings = settings;
        this.mapper = mapper;
        this.discovery = discovery;
    }

    /**
     * The claims of a token.
     *
     * @throws ThreadStoreException {@link ErrorKind#UNAUTHENTICATED} with what is wrong, {@link ErrorKind#UNAVAILABLE} if the issuer's keys
     *     can't be had
     */
    JsonNode verify(String token) {
        try {
            requireKeysInReach();
            parser().parse(token);
            hasKeys = true;
            var claims = mapper.readTree(Base64.getUrlDecoder().decode(token.split("\\.")[1]));
            if (!(claims.path("exp").asDouble() < LAST_SECOND)) { // the library takes what overflows for a time
                throw ThreadStoreException.of(ErrorKind.UNAUTHENTICATED, "the token never expires");
            }
            return claims;
        } catch (ParseException e) {
            var refusal = refusal(e);
            failed = refusal.kind() == ErrorKind.UNAVAILABLE ? System.nanoTime() : null;
            throw refusal;
        } catch (ThreadStoreException e) {
            throw e;
        } catch (IOException | RuntimeException e) { // the library's own, such as for a number of a thousand digits
            throw ThreadStoreException.of(ErrorKind.UNAUTHENTICATED, "the token's claims can't be read", e);
        }
    }

    /** At start, so that an issuer that can't be reached is in the log before its first token comes. */
    void prepare(@Observes StartupEvent start) {
        try {
            if (settings.isOn()) {
                parser();
            }
        } catch (ThreadStoreException e) {
            LOG.debugf(e, "tokens can't be verified yet");
        }
    }

    /** After a failure to fetch the first keys nobody waits for another try for a while. */
    private void requireKeysInReach() {
        var since = failed;
        if (!hasKeys && since != null && System.nanoTime() - since < PAUSE.toNanos()) {
            throw ThreadStoreException.of(ErrorKind.UNAVAILABLE, NO_KEYS);
        }
    }

    /** One for good, because it is what holds the keys: the library's shared one would fetch them for every token. */
    private JWTParser parser() {
        var known = parser;
        if (known == null) {
            synchronized (this) {
                known = parser;
                if (known == null) {
                    known = new DefaultJWTParser(expectations(), new DefaultJWTCallerPrincipalFactory());
                    parser = known;
                }
            }
        }
        return known;
    }

    private JWTAuthContextInfo expectations() {
        var built = new JWTAuthContextInfo();
        if (settings.keyFile().isPresent()) {
            var file = KeyFile.read(Path.of(settings.keyFile().get()));
            file.singleKey()
                    .ifPresentOrElse(built::setPublicVerificationKey, () -> built.setPublicKeyContent(file.text()));
        } else {
            built.setPublicKeyLocation(settings.jwksUrl()
                    .orElseGet(() -> discovery.keysOf(settings.issuer().orElseThrow())));
        }
        settings.issuer().ifPresent(built::setIssuedBy);
        settings.audience().ifPresent(audience -> built.setExpectedAudience(Set.copyOf(audience)));
        built.setSignatureAlgorithm(settings.algorithms().stream()
                .map(name -> SignatureAlgorithm.valueOf(name.strip().toUpperCase(Locale.ROOT)))
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(SignatureAlgorithm.class))));
        built.setClockSkew((int) settings.clockSkew().toSeconds());
        built.setJwksRefreshInterval((int) Math.max(1, settings.keysRefresh().toMinutes()));
        built.setForcedJwksRefreshInterval(FORCED_REFRESH_MINUTES);
        built.setJwksRetainCacheOnErrorDuration((int) Duration.ofMinutes(10).toSeconds());
        built.setRequireNamedPrincipal(false);
        // else the library asks for iat, which is optional (RFC 7519, 4.1.6)
        built.setMaxTimeToLiveSecs(-1L);
        return built;
    }

    private static ThreadStoreException refusal(ParseException failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof IOException) {
                return ThreadStoreException.of(ErrorKind.UNAVAILABLE, NO_KEYS, failure);
            }
        }
        return ThreadStoreException.of(ErrorKind.UNAUTHENTICATED, "the token " + fault(failure), failure);
    }

    private static String fault(ParseException failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof InvalidJwtSignatureException) {
                return "is not signed by the issuer";
            }
            if (cause instanceof InvalidJwtException invalid) {
                if (invalid.hasErrorCode(ErrorCodes.EXPIRED)) {
                    return "has expired";
                }
                if (invalid.hasErrorCode(ErrorCodes.EXPIRATION_MISSING)) {
                    return "never expires";
                }
                if (invalid.hasErrorCode(ErrorCodes.NOT_YET_VALID)) {
                    return "is not valid yet";
                }
                if (invalid.hasErrorCode(ErrorCodes.AUDIENCE_INVALID)
                        || invalid.hasErrorCode(ErrorCodes.AUDIENCE_MISSING)) {
                    return "is for another audience";
                }
                if (invalid.hasErrorCode(ErrorCodes.ISSUER_INVALID)
                        || invalid.hasErrorCode(ErrorCodes.ISSUER_MISSING)) {
                    return "is of another issuer";
                }
            }
        }
        return "is not one that is taken here: its form, its algorithm or its key";
    }
}
