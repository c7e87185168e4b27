package io.threadstore.platform;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Searches in bytes, eight at a time: histories are scanned for quotes, and this is most of what reading them costs. */
public final class Bytes {

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGHS = 0x8080808080808080L;

    private Bytes() {}

    /** Where the byte is first found in {@code from <= index < to}; -1 if nowhere. */
    public static int indexOf(byte[] bytes, int from, int to, byte sought) {
        return indexOfEither(bytes, from, to, sought, sought);
    }

    /** Where either byte is first found in {@code from <= index < to}; -1 if nowhere. */
    public static int indexOfEither(byte[] bytes, int from, int to, byte one, byte other) {
        var ones = ONES * (one & 0xff);
        var others = ONES * (other & 0xff);
        var at = from;
        for (; at <= to - Long.BYTES; at += Long.BYTES) {
            var eight = (long) LONGS.get(bytes, at);
            var found = (zeroes(eight ^ ones) | zeroes(eight ^ others)) & HIGHS;
            if (found != 0) {
                return at + Long.numberOfTrailingZeros(found) / Byte.SIZE;
            }
        }
        for (; at < to; at++) {
            if (bytes[at] == one || bytes[at] == other) {
                return at;
            }
        }
        return -1;
    }

    /** Whether all bytes in {@code from <= index < to} are ASCII. */
    public static boolean areAscii(byte[] bytes, int from, int to) {
        var at = from;
        for (; at <= to - Long.BYTES; at += Long.BYTES) {
            if (((long) LONGS.get(bytes, at) & HIGHS) != 0) {
                return false;
            }
        }
        for (; at < to; at++) {
            if (bytes[at] < 0) {
                return false;
            }
        }
        return true;
    }

    /** Sets the highest bit of the lowest byte that is zero; above it, perhaps that of others. */
    private static long zeroes(long eight) {
        return eight - ONES & ~eight;
    }
}
