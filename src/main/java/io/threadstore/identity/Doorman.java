package io.threadstore.identity;

import com.fasterxml.jackson.databind.JsonNode;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.Caller;
import io.threadstore.platform.CurrentCaller;
import io.threadstore.platform.LimitedMap;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Lets callers in: finds out who they are, whether they may do what they are about to, and says so to the rest of the service. */
@ApplicationScoped
public class Doorman {

    private static final String BEARER = "bearer ";
    private static final int MAX_TENANT = 128;
    private static final int MAX_SUBJECT = 255;

    /** How long a token that was verified is known, and how many are. */
    private static final long KNOWN_MILLIS = 5000;

    private static final int MAX_KNOWN = 10_000;

    private final AuthSettings settings;
    private final TokenVerifier tokens;
    private final CurrentCaller current;
    private final Clock clock;
    private final Map<String, Known> known = LimitedMap.of(MAX_KNOWN);

    Doorman(AuthSettings settings, TokenVerifier tokens, CurrentCaller current, Clock clock) {
        this.settings = settings;
        this.tokens = tokens;
        this.current = current;
        this.clock = clock;
    }

    /** Whether callers have to say who they are. */
    public boolean asks() {
        return settings.isOn();
    }

    /**
     * Admits the caller of the request in hand.
     *
     * @param authorization the request's {@code Authorization} header (RFC 6750, 2.1); null if it has none
     * @param needed what the caller is about to do
     * @throws ThreadStoreException {@link ErrorKind#UNAUTHENTICATED}, {@link ErrorKind#FORBIDDEN}, {@link ErrorKind#UNAVAILABLE}
     */
    public void admit(@Nullable String authorization, Scope needed) {
        if (!settings.isOn()) {
            current.enter(Caller.ANONYMOUS);
            return;
        }
        var claims = claims(authorization);
        var caller = caller(claims);
        current.enter(caller);
        var granted = granted(claims);
        if (granted.stream().noneMatch(words(needed)::contains)) {
            throw ThreadStoreException.of(ErrorKind.FORBIDDEN, "the token does not grant the scope " + needed.word());
        }
        remember(String.valueOf(authorization), caller, granted, claims);
    }

    private void remember(String authorization, Caller caller, Set<String> granted, JsonNode claims) {
        var now = clock.millis();
        var expires = (long) (claims.path("exp").asDouble() * 1000)
                + settings.clockSkew().toMillis();
        known.put(authorization, new Known(caller, granted, Math.min(expires, now + KNOWN_MILLIS)));
    }

    /**
     * The caller whom {@link #admit(String, Scope)} has admitted a moment ago by the very same header; for those who may not wait, as a new token
     * has to for its issuer's keys.
     *
     * @return empty if it is not known whether the caller may do that
     */
    public Optional<Caller> recall(@Nullable String authorization, Scope needed) {
        if (!settings.isOn()) {
            return Optional.of(Caller.ANONYMOUS);
        }
        return Optional.ofNullable(authorization)
                .map(known::get)
                .filter(caller -> clock.millis() < caller.until())
                .filter(caller -> caller.granted().stream().anyMatch(words(needed)::contains))
                .map(Known::caller);
    }

    /**
     * A caller who has been admitted.
     *
     * @param until when that is to be found out again, in milliseconds since 1970
     */
    private record Known(Caller caller, Set<String> granted, long until) {}

    /**
     * Asks for a valid token, and for nothing else: for requests that lead to no operation. It may wait for the issuer's keys.
     *
     * @throws ThreadStoreException {@link ErrorKind#UNAUTHENTICATED}, {@link ErrorKind#UNAVAILABLE}
     */
    public void requireToken(@Nullable String authorization) {
        if (settings.isOn()) {
            claims(authorization);
        }
    }

    private JsonNode claims(@Nullable String authorization) {
        if (authorization == null) {
            throw ThreadStoreException.of(ErrorKind.UNAUTHENTICATED, "the request has no bearer token");
        }
        if (!authorization.toLowerCase(Locale.ROOT).startsWith(BEARER)) {
            throw ThreadStoreException.of(ErrorKind.UNAUTHENTICATED, "only bearer tokens are taken");
        }
        return tokens.verify(authorization.substring(BEARER.length()).strip());
    }

    /** Admits a caller whom something else than a token vouches for, such as the name of the host it called. */
    public void admit(Caller caller) {
        current.enter(caller);
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

    private Set<String> granted(JsonNode claims) {
        var granted = new HashSet<String>();
        for (var claim : settings.scopeClaims()) {
            var words = find(claims, claim);
            if (words.isTextual()) {
                granted.addAll(List.of(words.textValue().split(" +")));
            } else {
                words.forEach(word -> granted.add(word.asText()));
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
        return value.isTextual() ? value.textValue() : null;
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
