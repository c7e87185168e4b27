package io.threadstore.page;

import io.threadstore.error.ErrorKind;
import io.threadstore.error.FieldError;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.Hmac;
import io.threadstore.platform.StoreSecret;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes and reads cursors as callers carry them: encrypted, authenticated, and of use only with the query they came
 * from. Equal cursors have equal texts. The form is a synthetic IV (the construction of RFC 5297 with HMAC-SHA-256 for
 * the IV): version, IV, and the content, combined by XOR with the HMAC-SHA-256 of the IV under another key.
 */
@ApplicationScoped
public class Cursors {

    private static final byte VERSION = 2;
    private static final int IV_BYTES = 16;
    private static final int BINDING_BYTES = 8;
    private static final int CONTENT_BYTES = BINDING_BYTES + 2 * Long.BYTES;

    private final StoreSecret secret;
    private volatile @Nullable Keys keys;

    Cursors(StoreSecret secret) {
        this.secret = secret;
    }

    /**
     * The text of a cursor.
     *
     * @param query a text that is the same for equal queries and different for others
     */
    public String encode(Cursor cursor, String query) {
        var content = ByteBuffer.allocate(CONTENT_BYTES)
                .put(binding(query))
                .putLong(cursor.sortValue())
                .putLong(cursor.key())
                .array();
        var iv = keys().iv(content);
        var bytes = ByteBuffer.allocate(1 + IV_BYTES + CONTENT_BYTES)
                .put(VERSION)
                .put(iv)
                .put(keys().crypt(iv, content))
                .array();
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /**
     * Reads what {@link #encode} wrote.
     *
     * @throws ThreadStoreException {@link ErrorKind#INVALID_REQUEST} if the text is not a cursor, or one of another
     *     query
     */
    public Cursor decode(String text, String query) {
        byte[] bytes;
        try {
            bytes = Base64.getUrlDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw foreign();
        }
        if (bytes.length != 1 + IV_BYTES + CONTENT_BYTES || bytes[0] != VERSION) {
            throw foreign();
        }
        var iv = Arrays.copyOfRange(bytes, 1, 1 + IV_BYTES);
        var content = keys().crypt(iv, Arrays.copyOfRange(bytes, 1 + IV_BYTES, bytes.length));
        if (!MessageDigest.isEqual(iv, keys().iv(content))) {
            throw foreign();
        }
        var buffer = ByteBuffer.wrap(content);
        var binding = new byte[BINDING_BYTES];
        buffer.get(binding);
        if (!MessageDigest.isEqual(binding, binding(query))) {
            throw invalid("belongs to a query with other filters");
        }
        return new Cursor(buffer.getLong(), buffer.getLong());
    }

    private Keys keys() {
        var known = keys;
        if (known == null) {
            known = new Keys(new Hmac(secret.derive("cursor iv")), new Hmac(secret.derive("cursor content")));
            keys = known;
        }
        return known;
    }

    private static ThreadStoreException foreign() {
        return invalid("is not a cursor of this service");
    }

    private static ThreadStoreException invalid(String message) {
        return ThreadStoreException.invalid(List.of(new FieldError("cursor", message)));
    }

    private static byte[] binding(String query) {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(query.getBytes(StandardCharsets.UTF_8));
            return Arrays.copyOf(digest, BINDING_BYTES);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private record Keys(Hmac ivs, Hmac streams) {

        byte[] iv(byte[] content) {
            return Arrays.copyOf(ivs.of(content), IV_BYTES);
        }

        /** Encrypts or decrypts; the content is shorter than the code of its IV. */
        byte[] crypt(byte[] iv, byte[] content) {
            var stream = streams.of(iv);
            var result = new byte[content.length];
            for (var i = 0; i < content.length; i++) {
                result[i] = (byte) (content[i] ^ stream[i]);
            }
            return result;
        }
    }
}
