package io.threadstore.compression;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A bit stream that is read from its end (RFC 8878, 4.1): the highest set bit of the last byte marks the end. The
 * array must have {@link #PADDING_BYTES} bytes more than the stream uses.
 */
final class ReverseBits {

    /** How many bytes a read may touch behind the last byte of a stream. */
    static final int PADDING_BYTES = 8;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private byte[] bytes = {};
    private int start;
    private int left;

    /** Opens the stream of {@code [start, end)}. */
    void open(byte[] bytes, int start, int end) throws CorruptDataException {
        if (end <= start || bytes[end - 1] == 0) {
            throw new CorruptDataException("a bit stream has no end mark");
        }
        this.bytes = bytes;
        this.start = start;
        this.left = 8 * (end - start) - Integer.numberOfLeadingZeros((bytes[end - 1] & 0xff) << 24) - 1;
    }

    /** How many bits are left. */
    int left() {
        return left;
    }

    /** Takes the next bits, at most 56. */
    long read(int count) throws CorruptDataException {
        skip(count);
        return (long) LONGS.get(bytes, start + (left >>> 3)) >>> (left & 7) & (1L << count) - 1;
    }

    /** The next bits, at most 56, without taking them. Behind the last bit there are zeros. */
    int peek(int count) {
        var from = left - count;
        if (from >= 0) {
            return (int) ((long) LONGS.get(bytes, start + (from >>> 3)) >>> (from & 7)) & (1 << count) - 1;
        }
        return ((int) (long) LONGS.get(bytes, start) & (1 << left) - 1) << -from;
    }

    void skip(int count) throws CorruptDataException {
        left -= count;
        if (left < 0) {
            throw new CorruptDataException("a bit stream ends too early");
        }
    }

    void requireEnd() throws CorruptDataException {
        if (left != 0) {
            throw new CorruptDataException("a bit stream is too long");
        }
    }
}
