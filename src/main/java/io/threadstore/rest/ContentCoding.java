package io.threadstore.rest;

import io.airlift.compress.zstd.ZstdOutputStream;
import io.threadstore.compression.CorruptDataException;
import io.threadstore.compression.GzipDecoder;
import io.threadstore.compression.ZstdDecoder;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import jakarta.ws.rs.NotSupportedException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Locale;
import java.util.function.BooleanSupplier;
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
     * Decodes a request body. Closing the result releases its memory and leaves the packed body open. Reads of the
     * result throw INVALID_REQUEST if the packed body is damaged or cut off, and REQUEST_TOO_LARGE beyond the limits.
     * A failure of the packed body itself passes through.
     */
    InputStream unpack(InputStream packed, UnpackLimits limits) {
        var counted = new CountedBody(packed, limits.packedBytes());
        return switch (this) {
            case IDENTITY ->
                new FilterInputStream(packed) {
                    @Override
                    public void close() {
                        // the packed body stays open
                    }
                };
            case GZIP -> new UnpackedBody(new GzipDecoder(counted), counted, limits);
            case ZSTD -> new UnpackedBody(new ZstdDecoder(counted), counted, limits);
        };
    }

    /** Packs what is written. After a flush gzip has passed on all that came so far; zstd keeps up to a window of it. */
    OutputStream pack(OutputStream out) throws IOException {
        return switch (this) {
            case IDENTITY -> out;
            case GZIP -> new GZIPOutputStream(out, 64 * 1024, true);
            case ZSTD -> new ZstdOutputStream(out);
        };
    }

    /**
     * How much work a packed body may cause.
     *
     * @param packedBytes how long the packed body may be, in bytes
     * @param ratio how many bytes a packed byte may stand for, on average and after the first {@link #FREE_BYTES}
     *     unpacked bytes
     * @param isCancelled whether the result is of no use any more; asked at each read
     */
    record UnpackLimits(long packedBytes, int ratio, BooleanSupplier isCancelled) {

        /** How many unpacked bytes are accepted at any ratio: short files may repeat themselves. */
        static final long FREE_BYTES = 16L * 1024 * 1024;

        /** Limits for files of at most this many bytes; packing makes incompressible files a little longer. */
        static UnpackLimits ofFile(long bytes, int ratio, BooleanSupplier isCancelled) {
            return new UnpackLimits(Math.addExact(bytes, bytes / 64 + 64 * 1024), ratio, isCancelled);
        }
    }

    /** Counts the bytes of a packed body. */
    private static final class CountedBody extends FilterInputStream {

        private final long limit;
        private long count;

        CountedBody(InputStream in, long limit) {
            super(in);
            this.limit = limit;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            var read = super.read(buffer, offset, length);
            count += Math.max(0, read);
            if (count > limit) {
                throw ThreadStoreException.of(
                        ErrorKind.REQUEST_TOO_LARGE, "the packed body is longer than " + limit + " bytes");
            }
            return read;
        }
    }

    /** Holds the limits while a body is decoded. */
    private final class UnpackedBody extends FilterInputStream {

        private static final int MAX_READ_BYTES = 64 * 1024;

        private final CountedBody packed;
        private final UnpackLimits limits;
        private long count;
        private @Nullable ThreadStoreException failure;

        UnpackedBody(InputStream decoder, CountedBody packed, UnpackLimits limits) {
            super(decoder);
            this.packed = packed;
            this.limits = limits;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            if (limits.isCancelled().getAsBoolean()) {
                throw new IOException("the client has disconnected");
            }
            if (failure != null) {
                throw failure;
            }
            try {
                var read = super.read(buffer, offset, Math.min(length, MAX_READ_BYTES));
                count += Math.max(0, read);
                requireRatio();
                return read;
            } catch (CorruptDataException e) {
                failure = ThreadStoreException.of(
                        ErrorKind.INVALID_REQUEST, "the body is not intact " + word() + ": " + e.getMessage(), e);
                throw failure;
            } catch (ThreadStoreException e) {
                // a decoder that has failed can't go on
                failure = e;
                throw e;
            }
        }

        private void requireRatio() {
            if (count > UnpackLimits.FREE_BYTES && count / limits.ratio() > packed.count) {
                throw ThreadStoreException.of(
                        ErrorKind.REQUEST_TOO_LARGE,
                        "the body unpacks to more than %d times its length; send it unpacked"
                                .formatted(limits.ratio()));
            }
        }
    }
}
