package io.threadstore.compression;

import java.util.Arrays;

/** A decoding table of finite state entropy (RFC 8878, 4.1.1). */
final class FseTable {

    private static final int MAX_SYMBOLS = 256;

    /** Per state: the symbol, 8 bits; how many bits lead to the next state, 8 bits; the next state's base, 16 bits. */
    private final int[] states;

    private final short[] counts = new short[MAX_SYMBOLS];
    private final int maxLog;
    private int log;

    /** @param maxLog the base-2 logarithm of how many states a table may have */
    FseTable(int maxLog) {
        this.maxLog = maxLog;
        this.states = new int[1 << maxLog];
    }

    /** A table of the given distribution. */
    static FseTable of(int log, int... distribution) {
        var table = new FseTable(log);
        for (var i = 0; i < distribution.length; i++) {
            table.counts[i] = (short) distribution[i];
        }
        table.build(log, distribution.length);
        return table;
    }

    /** How many bits the first state takes. */
    int log() {
        return log;
    }

    int symbol(int state) {
        return states[state] & 0xff;
    }

    /** How many bits lead to the next state. */
    int bits(int state) {
        return states[state] >>> 8 & 0xff;
    }

    /** The state that follows if these bits come. */
    int next(int state, long bits) {
        return (states[state] >>> 16) + (int) bits;
    }

    /** Makes a table of one symbol, which takes no bits. */
    void repeat(int symbol) {
        log = 0;
        states[0] = symbol;
    }

    /**
     * Reads a distribution (RFC 8878, 4.1.1) and makes its table.
     *
     * @return where the distribution ends
     */
    int read(byte[] bytes, int start, int end, int maxSymbol) throws CorruptDataException {
        var bit = 8L * start;
        var newLog = (int) bits(bytes, end, bit, 4) + 5;
        bit += 4;
        if (newLog > maxLog) {
            throw new CorruptDataException("a table is too large");
        }
        var remaining = (1 << newLog) + 1;
        var threshold = 1 << newLog;
        var symbol = 0;
        while (remaining > 1 && symbol <= maxSymbol) {
            while (remaining < threshold) {
                threshold >>= 1;
            }
            // values below the limit take a bit less
            var limit = 2 * threshold - 1 - remaining;
            var value = (int) bits(bytes, end, bit, Integer.numberOfTrailingZeros(threshold) + 1);
            bit += Integer.numberOfTrailingZeros(threshold);
            if ((value & threshold - 1) < limit) {
                value &= threshold - 1;
            } else {
                bit++;
                value -= value >= threshold ? limit : 0;
            }
            var count = value - 1;
            remaining -= Math.abs(count);
            counts[symbol++] = (short) count;
            if (count == 0) {
                int zeros;
                do {
                    zeros = (int) bits(bytes, end, bit, 2);
                    bit += 2;
                    for (var i = 0; i < zeros && symbol <= maxSymbol; i++) {
                        counts[symbol++] = 0;
                    }
                } while (zeros == 3 && bit < 8L * end);
            }
        }
        if (remaining != 1 || bit > 8L * end) {
            throw new CorruptDataException("a table is damaged");
        }
        build(newLog, symbol);
        return (int) (bit + 7 >>> 3);
    }

    /** Bits from the lowest of each byte on; behind the end there are zeros. */
    private static long bits(byte[] bytes, int end, long bit, int count) {
        var number = 0L;
        var first = (int) (bit >>> 3);
        for (var i = 0; i < 4 && first + i < end; i++) {
            number |= (bytes[first + i] & 0xffL) << 8 * i;
        }
        return number >>> (bit & 7) & (1L << count) - 1;
    }

    private void build(int newLog, int symbols) {
        log = newLog;
        var size = 1 << log;
        var high = size;
        for (var symbol = 0; symbol < symbols; symbol++) {
            if (counts[symbol] == -1) {
                states[--high] = symbol;
            }
        }
        var step = (size >> 1) + (size >> 3) + 3;
        var position = 0;
        for (var symbol = 0; symbol < symbols; symbol++) {
            for (var i = 0; i < counts[symbol]; i++) {
                states[position] = symbol;
                do {
                    position = position + step & size - 1;
                } while (position >= high);
            }
        }
        for (var symbol = 0; symbol < symbols; symbol++) {
            counts[symbol] = (short) Math.abs(counts[symbol]);
        }
        for (var state = 0; state < size; state++) {
            var symbol = states[state];
            var next = counts[symbol]++;
            var bits = log - (31 - Integer.numberOfLeadingZeros(next));
            states[state] = symbol | bits << 8 | (next << bits) - size << 16;
        }
        Arrays.fill(counts, 0, symbols, (short) 0);
    }
}
