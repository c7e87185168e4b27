package io.threadstore.identity;

import com.fasterxml.jackson.databind.JsonNode;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.Caller;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Lets callers in: finds out who they are, whether they may do what they are about to, and says so to the rest of the service. */
@ApplicationScoped
public class Doorman {

    private static final String BEARER = "bearer ";
    private static final int MAX_TENANT = 128;
    private static final int MAX_SUBJECT = 255;

    private final AuthSettings settings;
    private final TokenVerifier tokens;
    private final TokenCache known;

    Doorman(AuthSettings settings, TokenVerifier tokens, Clock clock) {
        this.settings = settings;
        this.tokens = tokens;
        this.known = new TokenCache(clock);
    }

    /** Whether callers have to say who they are. */
    public boolean asks() {
        return settings.isOn();
    }

    /**
     * Authenticates a caller. It never waits and needs no request context, so it may be called on an event loop. The
     * scopes are not checked here: see {@link Identity#require}.
     *
     * @param authorization the request's {@code Authorization} header (RFC 6750, 2.1); null if it has none
     * @throws ThreadStoreException {@link ErrorKind#UNAUTHENTICATED}; {@link ErrorKind#FORBIDDEN} if a valid token
     *     names no tenant or no caller;
     *     {@link ErrorKind#UNAVAILABLE} if no keys of the issuer could be fetched so far
     */
    public Identity identify(@Nullable String authorization) {
        if (!settings.isOn()) {
            return Identity.ANONYMOUS;
        }
        var token = token(authorization);
        var key = TokenCache.keyOf(token);
        var found = known.find(key);
        if (found != null) {
            return found;
        }
        var claims = tokens.verify(token);
        var granted = granted(claims);
        var identity = new Identity(caller(claims), granted);
        var expires =
                claims.path("exp").asDouble() * 1000 + settings.clockSkew().toMillis();
        known.put(key, identity, (long) expires);
        return identity;
    }

    /** How many tokens are cached; for tests. */
    long cachedTokens() {
        return known.size();
    }

    /** The token alone, so that every spelling of a header with the same token is the same. */
    private static String token(@Nullable String authorization) {
        if (authorization == null) {
            throw ThreadStoreException.of(ErrorKind.UNAUTHENTICATED, "the request has no bearer token");
        }
        if (!isBearer(authorization)) {
            throw ThreadStoreException.of(ErrorKind.UNAUTHENTICATED, "only bearer tokens are taken");
        }
        return authorization.substring(BEARER.length()).strip();
    }

    /** The scheme is a word in any case (RFC 9110, 11.1). */
    private static boolean isBearer(String authorization) {
        return authorization.regionMatches(true, 0, BEARER, 0, BEARER.length());
    }

    private Caller caller(JsonNode claims) {
        var tenant = text(claims, settings.tenantClaim());
        if (!isTenant(tenant)) {
            throw ThreadStoreException.of(
                    ErrorKind.FORBIDDEN, "the token names no tenant (claim " + settings.tenantClaim() + ")");
        }
        var subject = text(claims, settings.subjectClaim());
        if (!isName(subject, MAX_SUBJECT)) {
            throw ThreadStoreException.of(
                    ErrorKind.FORBIDDEN, "the token names no caller (claim " + settings.subjectClaim() + ")");
        }
        return new Caller(tenant, subject);
    }

    /** Whether a text can name a tenant, wherever it is said. */
    static boolean isTenant(@Nullable String text) {
        return isName(text, MAX_TENANT);
    }

    /** Whether a text can name somebody: in a column, in a log line, and as nobody else. */
    private static boolean isName(@Nullable String text, int maxLength) {
        return text != null
                && !text.isBlank()
                && text.length() <= maxLength
                && text.codePoints().noneMatch(Doorman::isUnprintable);
    }

    private static boolean isUnprintable(int character) {
        return switch (Character.getType(character)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.UNASSIGNED -> true;
            default -> false;
        };
    }

    private Set<Scope> granted(JsonNode claims) {
        var words = new HashSet<String>();
        for (var name : settings.scopeClaims()) {
            var claim = find(claims, name);
            if (claim.isTextual()) {
                words.addAll(List.of(claim.textValue().split(" +")));
            } else if (claim.isArray()) {
                for (var word : claim) {
                    if (!word.isTextual()) {
                        throw TokenVerifier.unexpected(name);
                    }
                    words.add(word.textValue());
                }
            } else if (!isAbsent(claim)) {
                throw TokenVerifier.unexpected(name);
            }
        }
        var granted = EnumSet.noneOf(Scope.class);
        for (var scope : Scope.values()) {
            if (words(scope).stream().anyMatch(words::contains)) {
                granted.add(scope);
            }
        }
        return granted;
    }

    private List<String> words(Scope scope) {
        return switch (scope) {
            case READ -> settings.scopes().read();
            case WRITE -> settings.scopes().write();
            case DELETE -> settings.scopes().delete();
        };
    }

    private static @Nullable String text(JsonNode claims, String path) {
        var value = find(claims, path);
        if (!value.isTextual() && !isAbsent(value)) {
            throw TokenVerifier.unexpected(path);
        }
        return value.textValue();
    }

    private static boolean isAbsent(JsonNode claim) {
        return claim.isMissingNode() || claim.isNull();
    }

    /** The claim of this very name, else the member that the path leads to. */
    private static JsonNode find(JsonNode claims, String path) {
        if (claims.has(path)) {
            return claims.path(path);
        }
        var found = claims;
        for (var name : path.split("/")) {
            found = found.path(name);
        }
        return found;
    }
}
