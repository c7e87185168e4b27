package io.threadstore.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Tokens that were verified a moment ago. The key is a SHA-256 hash, so that a long token costs no more memory than a
 * short one. The cache is bounded in bytes and in time.
 */
@RegisterForReflection(
        classNames = {"com.github.benmanes.caffeine.cache.SSMWW", "com.github.benmanes.caffeine.cache.PSWMW"})
final class TokenCache {

    /** How long a verified token is known. */
    private static final Duration KEEP = Duration.ofSeconds(5);

    private static final long MAX_BYTES = 4 * 1024 * 1024;

    /** Objects of an entry without its texts: about 90 of the cache's own, 50 of the key, 140 of the value. */
    private static final int ENTRY_BYTES = 280;

    private final Clock clock;

    /**
     * Maintenance runs in the caller's thread: it is short, and a native image's common pool then has no part in it.
     */
    private final Cache<Key, Known> known = Caffeine.newBuilder()
            .maximumWeight(MAX_BYTES)
            .<Key, Known>weigher((key, value) -> value.bytes())
            .expireAfterWrite(KEEP)
            .executor(Runnable::run)
            .build();

    TokenCache(Clock clock) {
        this.clock = clock;
    }

    /** A token's key; the token without its scheme and without padding. */
    static Key keyOf(String token) {
        try {
            var hash = MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
            var words = ByteBuffer.wrap(hash);
            return new Key(words.getLong(), words.getLong(), words.getLong(), words.getLong());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** The identity that a token stands for; null if it is not known, or the token has expired. */
    @Nullable
    Identity find(Key token) {
        var found = known.getIfPresent(token);
        return found != null && clock.millis() < found.expiresMillis() ? found.identity() : null;
    }

    /**
     * Keeps a verified token.
     *
     * @param expiresMillis when the token expires, in milliseconds since 1970, clock skew included
     */
    void put(Key token, Identity identity, long expiresMillis) {
        known.put(token, new Known(identity, expiresMillis));
    }

    /** How many tokens are held; for tests. */
    long size() {
        known.cleanUp();
        return known.estimatedSize();
    }

    /** A SHA-256 hash. */
    record Key(long first, long second, long third, long fourth) {}

    private record Known(Identity identity, long expiresMillis) {

        int bytes() {
            var caller = identity.caller();
            return ENTRY_BYTES
                    + 2 * (caller.tenant().length() + caller.subject().length());
        }
    }
}
