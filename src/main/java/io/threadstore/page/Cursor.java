package io.threadstore.page;

import io.threadstore.error.ErrorKind;
import io.threadstore.error.FieldError;
import io.threadstore.error.ThreadStoreException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * A place in a list: everything after (sortValue, key) in the list's order is still to come.
 *
 * @param sortValue the last row's sort value
 * @param key the last row's key, which orders rows of equal sort value
 */
public record Cursor(long sortValue, long key) {

    private static final byte VERSION = 1;
    private static final int BINDING_BYTES = 8;

    /**
     * The cursor as callers carry it: opaque, and of use only with the query it came from.
     *
     * @param query a text that is the same for equal queries and different for others
     */
    public String encode(String query) {
        var bytes = ByteBuffer.allocate(1 + BINDING_BYTES + 2 * Long.BYTES)
                .put(VERSION)
                .put(binding(query))
                .putLong(sortValue)
                .putLong(key)
                .array();
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /**
     * Reads what {@link #encode} wrote.
     *
     * @throws ThreadStoreException {@link ErrorKind#INVALID_REQUEST} if the text is not a cursor, or one of another query
     */
    public static Cursor decode(String text, String query) {
        byte[] bytes;
        try {
            bytes = Base64.getUrlDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw invalid("is not a cursor of this service");
        }
        if (bytes.length != 1 + BINDING_BYTES + 2 * Long.BYTES || bytes[0] != VERSION) {
            throw invalid("is not a cursor of this service");
        }
        var buffer = ByteBuffer.wrap(bytes, 1, bytes.length - 1);
        var binding = new byte[BINDING_BYTES];
        buffer.get(binding);
        if (!MessageDigest.isEqual(binding, binding(query))) {
            throw invalid("belongs to a query with other filters");
        }
        return new Cursor(buffer.getLong(), buffer.getLong());
    }

    private static ThreadStoreException invalid(String message) {
        return ThreadStoreException.invalid(List.of(new FieldError("cursor", message)));
    }

    private static byte[] binding(String query) {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(query.getBytes(StandardCharsets.UTF_8));
            return Arrays.copyOf(digest, BINDING_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
