package io.threadstore.thread;

import io.threadstore.error.ThreadStoreException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/** A thread's identity: a UUID of any version, written in lower case with hyphens. */
public record ThreadId(UUID value) {

    private static final Pattern FORM = Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

    /**
     * Reads an id in either case.
     *
     * @param field the name of the member or parameter, for the error
     * @throws ThreadStoreException INVALID_REQUEST if it is not a UUID
     */
    public static ThreadId parse(String field, String text) {
        return tryParse(text)
                .orElseThrow(() -> ThreadStoreException.invalid(
                        field, "is not a UUID such as 01a1fab6-71a6-78b0-80d3-d8e7488ce317"));
    }

    /** Reads an id; empty if the text is not one. */
    public static Optional<ThreadId> tryParse(String text) {
        var lower = text.toLowerCase(Locale.ROOT);
        return FORM.matcher(lower).matches() ? Optional.of(new ThreadId(UUID.fromString(lower))) : Optional.empty();
    }

    /** A new id of version 7 (RFC 9562): 48 bits of Unix time in milliseconds, 74 random ones. */
    public static ThreadId random(Instant now) {
        var random = new byte[10];
        Random.SECURE.nextBytes(random);
        var high = now.toEpochMilli() << 16 | 0x7000L | (random[0] & 0x0FL) << 8 | (random[1] & 0xFFL);
        var low = 0L;
        for (var i = 2; i < 10; i++) {
            low = low << 8 | (random[i] & 0xFFL);
        }
        return new ThreadId(new UUID(high, low & 0x3FFFFFFFFFFFFFFFL | 0x8000000000000000L));
    }

    @Override
    public String toString() {
        return value.toString();
    }

    /** Made at first use, never while a native image is built. */
    private static final class Random {
        private static final SecureRandom SECURE = new SecureRandom();
    }
}
