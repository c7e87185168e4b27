package io.threadstore.compression;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** XXH64 with seed 0, the content checksum of Zstandard (RFC 8878, 3.1.1). */
final class XxHash64 {

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private static final int STRIPE_BYTES = 32;

    private static final long PRIME_1 = 0x9e3779b185ebca87L;
    private static final long PRIME_2 = 0xc2b2ae3d27d4eb4fL;
    private static final long PRIME_3 = 0x165667b19e3779f9L;
    private static final long PRIME_4 = 0x85ebca77c2b2ae63L;
    private static final long PRIME_5 = 0x27d4eb2f165667c5L;

    private final byte[] rest = new byte[STRIPE_BYTES];
    private int restLength;
    private long total;
    private long lane1;
    private long lane2;
    private long lane3;
    private long lane4;

    XxHash64() {
        reset();
    }

    void reset() {
        restLength = 0;
        total = 0;
        lane1 = PRIME_1 + PRIME_2;
        lane2 = PRIME_2;
        lane3 = 0;
        lane4 = -PRIME_1;
    }

    void update(byte[] bytes, int offset, int length) {
        total += length;
        var position = offset;
        var end = offset + length;
        if (restLength > 0) {
            var count = Math.min(STRIPE_BYTES - restLength, length);
            System.arraycopy(bytes, position, rest, restLength, count);
            restLength += count;
            position += count;
            if (restLength < STRIPE_BYTES) {
                return;
            }
            addStripe(rest, 0);
            restLength = 0;
        }
        for (; end - position >= STRIPE_BYTES; position += STRIPE_BYTES) {
            addStripe(bytes, position);
        }
        restLength = end - position;
        System.arraycopy(bytes, position, rest, 0, restLength);
    }

    private void addStripe(byte[] bytes, int offset) {
        lane1 = round(lane1, (long) LONGS.get(bytes, offset));
        lane2 = round(lane2, (long) LONGS.get(bytes, offset + 8));
        lane3 = round(lane3, (long) LONGS.get(bytes, offset + 16));
        lane4 = round(lane4, (long) LONGS.get(bytes, offset + 24));
    }

    private static long round(long lane, long input) {
        return Long.rotateLeft(lane + input * PRIME_2, 31) * PRIME_1;
    }

    private static long merge(long hash, long lane) {
        return (hash ^ round(0, lane)) * PRIME_1 + PRIME_4;
    }

    long value() {
        long hash;
        if (total >= STRIPE_BYTES) {
            hash = Long.rotateLeft(lane1, 1)
                    + Long.rotateLeft(lane2, 7)
                    + Long.rotateLeft(lane3, 12)
                    + Long.rotateLeft(lane4, 18);
            hash = merge(merge(merge(merge(hash, lane1), lane2), lane3), lane4);
        } else {
            hash = PRIME_5;
        }
        hash += total;
        var position = 0;
        for (; restLength - position >= 8; position += 8) {
            hash = Long.rotateLeft(hash ^ round(0, (long) LONGS.get(rest, position)), 27) * PRIME_1 + PRIME_4;
        }
        if (restLength - position >= 4) {
            var number = 0L;
            for (var i = 3; i >= 0; i--) {
                number = number << 8 | rest[position + i] & 0xff;
            }
            hash = Long.rotateLeft(hash ^ number * PRIME_1, 23) * PRIME_2 + PRIME_3;
            position += 4;
        }
        for (; position < restLength; position++) {
            hash = Long.rotateLeft(hash ^ (rest[position] & 0xff) * PRIME_5, 11) * PRIME_1;
        }
        hash = (hash ^ hash >>> 33) * PRIME_2;
        hash = (hash ^ hash >>> 29) * PRIME_3;
        return hash ^ hash >>> 32;
    }
}
