package io.threadstore.identity;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.jwt.algorithm.SignatureAlgorithm;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.security.Key;
import java.time.Clock;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.lang.JoseException;
import org.jspecify.annotations.Nullable;

/**
 * Verifies bearer tokens (RFC 7519, RFC 9068) with the keys that are held: signature, algorithm, type, issuer, audience
 * and times. It never waits, for the network or for a lock.
 */
@ApplicationScoped
class TokenVerifier {

    /** A signed token in compact form (RFC 7515, 7.1), in the one spelling that base64url without padding has. */
    private static final Pattern COMPACT = Pattern.compile("[A-Za-z0-9_-]++\\.[A-Za-z0-9_-]++\\.[A-Za-z0-9_-]++");

    /**
     * Access tokens (RFC 9068, 2.1), and tokens in general (RFC 7519, 5.1). Others, such as {@code id+jwt}, are for
     * another use.
     */
    private static final Set<String> TYPES = Set.of("jwt", "at+jwt");

    private static final String MEDIA_TYPE_PREFIX = "application/";

    /** Of the year 9999, since 1970. */
    private static final double LAST_SECOND = 253_402_300_799.0;

    /** Claims of issuers nest a few levels. */
    private static final int MAX_DEPTH = 64;

    private static final ObjectReader JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .build())
                    .build())
            // of two members with one name, others may read the other one (RFC 7515, 4 and RFC 7519, 4)
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build()
            .reader();

    private final AuthSettings settings;
    private final IssuerKeys keys;
    private final Clock clock;
    private final Set<String> accepted;
    private final AlgorithmConstraints algorithms;

    TokenVerifier(AuthSettings settings, IssuerKeys keys, Clock clock) {
        this.settings = settings;
        this.keys = keys;
        this.clock = clock;
        this.accepted = settings.algorithms().stream()
                .map(name -> SignatureAlgorithm.valueOf(name.strip().toUpperCase(Locale.ROOT))
                        .getAlgorithm())
                .collect(Collectors.toUnmodifiableSet());
        this.algorithms =
                new AlgorithmConstraints(AlgorithmConstraints.ConstraintType.PERMIT, accepted.toArray(String[]::new));
    }

    /**
     * At start, so that the keys are there when the first token comes. An issuer that does not answer delays the start
     * for two seconds.
     */
    void prepare(@Observes StartupEvent start) {
        if (settings.isOn()) {
            keys.start();
            keys.awaitFirstAttempt(IssuerDiscovery.TIMEOUT);
        }
    }

    /**
     * The claims of a token.
     *
     * @param token without its scheme and without padding
     * @throws ThreadStoreException {@link ErrorKind#UNAUTHENTICATED} with what is wrong, {@link ErrorKind#UNAVAILABLE}
     *     if no keys of the issuer
     *     could be fetched so far
     */
    JsonNode verify(String token) {
        var held = keys.held();
        if (held == null) {
            throw ThreadStoreException.of(ErrorKind.UNAVAILABLE, "the issuer's keys can't be fetched; retry later");
        }
        try {
            return verify(token, held);
        } catch (ThreadStoreException e) {
            throw e;
        } catch (IOException | RuntimeException | StackOverflowError e) {
            throw ThreadStoreException.of(ErrorKind.UNAUTHENTICATED, "the token can't be read", e);
        }
    }

    private JsonNode verify(String token, VerificationKeys held) throws IOException {
        if (!COMPACT.matcher(token).matches()) {
            throw refusal("the token is no signed JWT");
        }
        var firstDot = token.indexOf('.');
        var header = read(token.substring(0, firstDot));
        var algorithm = checkHeader(header);
        var keyId = text(header, "kid");
        var candidates = held.candidates(keyId, algorithm);
        if (candidates.isEmpty()) {
            keys.want();
            throw refusal("the token's key is not known to this service, or not yet");
        }
        if (!isSignedByAny(token, candidates)) {
            throw refusal("the token is not signed by the issuer");
        }
        var claims = read(token.substring(firstDot + 1, token.indexOf('.', firstDot + 1)));
        checkClaims(claims);
        return claims;
    }

    /** Returns the token's algorithm, one that is accepted. */
    private String checkHeader(JsonNode header) {
        var algorithm = text(header, "alg");
        if (algorithm == null || !accepted.contains(algorithm)) {
            throw refusal("the token's algorithm is not accepted");
        }
        var type = text(header, "typ");
        if (type != null) {
            var word = type.toLowerCase(Locale.ROOT);
            var bare = word.startsWith(MEDIA_TYPE_PREFIX) ? word.substring(MEDIA_TYPE_PREFIX.length()) : word;
            if (!TYPES.contains(bare)) {
                throw refusal("the token is of a type that is not accepted (typ)");
            }
        }
        // no extension is understood, and an empty list is invalid (RFC 7515, 4.1.11)
        if (header.has("crit")) {
            throw refusal("the token has extensions that are not understood (crit)");
        }
        return algorithm;
    }

    private boolean isSignedByAny(String token, List<? extends Key> candidates) {
        var signature = new JsonWebSignature();
        signature.setAlgorithmConstraints(algorithms);
        for (var key : candidates) {
            try {
                signature.setCompactSerialization(token);
                signature.setKey(key);
                if (signature.verifySignature()) {
                    return true;
                }
            } catch (JoseException e) {
                // not with this key, such as one that is too short
            }
        }
        return false;
    }

    private void checkClaims(JsonNode claims) {
        var issuer = settings.issuer();
        if (issuer.isPresent() && !issuer.get().equals(text(claims, "iss"))) {
            throw refusal("the token is of another issuer");
        }
        var audience = settings.audience();
        if (audience.isPresent() && texts(claims, "aud").stream().noneMatch(audience.get()::contains)) {
            throw refusal("the token is for another audience");
        }
        // of a token that is bound to a key the caller proves to have that key, which this service can't check (RFC
        // 7800, 8705, 9449)
        if (claims.has("cnf")) {
            throw refusal("the token is bound to a key (cnf), and no proof of it is supported");
        }
        checkTimes(claims);
    }

    private void checkTimes(JsonNode claims) {
        var now = clock.millis() / 1000.0;
        var skew = settings.clockSkew().toMillis() / 1000.0;
        var expires = seconds(claims, "exp");
        if (expires == null || expires >= LAST_SECOND) {
            throw refusal("the token never expires");
        }
        if (now >= expires + skew) {
            throw refusal("the token has expired");
        }
        var begins = seconds(claims, "nbf");
        if (begins != null && now + skew < begins) {
            throw refusal("the token is not valid yet");
        }
        seconds(claims, "iat");
    }

    private static JsonNode read(String encoded) throws IOException {
        var read = JSON.readTree(Base64.getUrlDecoder().decode(encoded));
        if (!read.isObject()) {
            throw refusal("the token's parts are no JSON objects");
        }
        return read;
    }

    /** A number of seconds since 1970 (RFC 7519, 2: NumericDate); null if there is none. */
    private static @Nullable Double seconds(JsonNode claims, String name) {
        var value = claims.path(name);
        if (value.isMissingNode()) {
            return null;
        }
        if (!value.isNumber() || !Double.isFinite(value.asDouble())) {
            throw unexpected(name);
        }
        return value.asDouble();
    }

    private static @Nullable String text(JsonNode object, String name) {
        var value = object.path(name);
        if (!value.isMissingNode() && !value.isTextual()) {
            throw unexpected(name);
        }
        return value.textValue();
    }

    /** One text or a list of them (RFC 7519, 4.1.3). */
    private static Set<String> texts(JsonNode object, String name) {
        var value = object.path(name);
        if (!value.isArray()) {
            var one = text(object, name);
            return one == null ? Set.of() : Set.of(one);
        }
        for (var element : value) {
            if (!element.isTextual()) {
                throw unexpected(name);
            }
        }
        return value.valueStream().map(JsonNode::textValue).collect(Collectors.toSet());
    }

    /** A claim or a header of a form that it may not have. */
    static ThreadStoreException unexpected(String name) {
        return refusal("the token's " + name + " is of an unexpected form");
    }

    private static ThreadStoreException refusal(String message) {
        return ThreadStoreException.of(ErrorKind.UNAUTHENTICATED, message);
    }
}
