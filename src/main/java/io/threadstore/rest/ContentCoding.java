package io.threadstore.rest;

import io.airlift.compress.zstd.ZstdInputStream;
import io.airlift.compress.zstd.ZstdOutputStream;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import jakarta.ws.rs.NotSupportedException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/** How a rollout file is packed on its way (RFC 9110, content codings). */
enum ContentCoding {
    IDENTITY,
    GZIP,
    ZSTD;

    /** The coding of a request body. */
    static ContentCoding ofRequest(@Nullable String contentEncoding) {
        if (contentEncoding == null || contentEncoding.isBlank()) {
            return IDENTITY;
        }
        return switch (contentEncoding.strip().toLowerCase(Locale.ROOT)) {
            case "identity" -> IDENTITY;
            case "gzip", "x-gzip" -> GZIP;
            case "zstd" -> ZSTD;
            default -> throw new NotSupportedException("Content-Encoding " + contentEncoding);
        };
    }

    /** The coding that a caller likes best; of equals zstd, then gzip. Identity if nothing else is asked for. */
    static ContentCoding ofResponse(@Nullable String acceptEncoding) {
        var best = IDENTITY;
        var bestWeight = 0.0;
        for (var part : acceptEncoding == null ? new String[0] : acceptEncoding.split(",")) {
            var pieces = part.strip().toLowerCase(Locale.ROOT).split(";");
            var coding = switch (pieces[0].strip()) {
                case "gzip", "x-gzip" -> GZIP;
                case "zstd" -> ZSTD;
                case "identity" -> IDENTITY;
                default -> null;
            };
            var weight = weight(pieces);
            if (coding != null
                    && weight > 0
                    && (weight > bestWeight || weight == bestWeight && coding.compareTo(best) > 0)) {
                best = coding;
                bestWeight = weight;
            }
        }
        return best;
    }

    private static double weight(String[] pieces) {
        for (var i = 1; i < pieces.length; i++) {
            var parameter = pieces[i].strip();
            if (parameter.startsWith("q=")) {
                try {
                    return Double.parseDouble(parameter.substring(2).strip());
                } catch (NumberFormatException e) {
                    return 0;
                }
            }
        }
        return 1;
    }

    /** The word in Content-Encoding. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Unpacks; a stream that is not what it claims is the caller's fault and said so. Closing it gives its memory back and leaves the
     * packed stream open.
     */
    InputStream unpack(InputStream packed) {
        var shielded = new Shielded(packed);
        if (this == IDENTITY) {
            return shielded;
        }
        try {
            return new Unpacking(
                    this == GZIP ? new GZIPInputStream(shielded, 64 * 1024) : new ZstdInputStream(shielded));
        } catch (IOException e) {
            throw broken(e);
        }
    }

    /** Packs what is written. After a flush gzip has passed on all that came so far; zstd keeps up to a window of it. */
    OutputStream pack(OutputStream out) throws IOException {
        return switch (this) {
            case IDENTITY -> out;
            case GZIP -> new GZIPOutputStream(out, 64 * 1024, true);
            case ZSTD -> new ZstdOutputStream(out);
        };
    }

    private ThreadStoreException broken(Exception cause) {
        return ThreadStoreException.of(
                ErrorKind.INVALID_REQUEST, "the body is not " + word() + ", or ends too early", cause);
    }

    /** Passes a closing on to nobody. */
    private static final class Shielded extends FilterInputStream {

        Shielded(InputStream in) {
            super(in);
        }

        @Override
        public void close() {}
    }

    /** Tells failures of unpacking from others. */
    private final class Unpacking extends FilterInputStream {

        Unpacking(InputStream unpacked) {
            super(unpacked);
        }

        @Override
        public int read(byte[] buffer, int offset, int length) {
            try {
                return super.read(buffer, offset, length);
            } catch (IOException | RuntimeException e) {
                throw broken(e);
            }
        }
    }
}
