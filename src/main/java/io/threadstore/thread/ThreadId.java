package io.threadstore.thread;

import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.QueueKey;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/** A thread's identity: a UUID of any version, written in lower case with hyphens. */
public record ThreadId(UUID value) implements QueueKey {

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
        // the JDK's own source of random bits, which a native image seeds when it runs and not when it is built
        var random = UUID.randomUUID();
        var high = now.toEpochMilli() << 16 | 0x7000L | random.getMostSignificantBits() & 0xFFFL;
        return new ThreadId(new UUID(high, random.getLeastSignificantBits()));
    }

    @Override
    public String queueKey() {
        return toString();
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
