package io.threadstore.compression;

import java.util.Arrays;

/** The Huffman code of literals (RFC 8878, 4.2). */
final class HuffmanTable {

    /** RFC 8878 allows encoders 11 bits; the reference decoder accepts 12. */
    private static final int MAX_BITS = 12;

    private static final int MAX_SYMBOLS = 256;

    /** Per code of {@link #log} bits: the symbol, 8 bits; how many bits its code has, 8 bits. */
    private final short[] codes = new short[1 << MAX_BITS];

    private final byte[] weights = new byte[MAX_SYMBOLS];
    private final FseTable weightTable = new FseTable(6);
    private final ReverseBits bits = new ReverseBits();
    private int log;

    /**
     * Reads a code.
     *
     * @return where its description ends
     */
    int read(byte[] bytes, int start, int end) throws CorruptDataException {
        if (start >= end) {
            throw new CorruptDataException("a Huffman code is missing");
        }
        var header = bytes[start] & 0xff;
        var length = header >= 128 ? (header - 126) / 2 : header;
        var next = start + 1 + length;
        if (next > end) {
            throw new CorruptDataException("a Huffman code is cut off");
        }
        int symbols;
        if (header >= 128) {
            symbols = header - 127;
            for (var i = 0; i < symbols; i++) {
                var pair = bytes[start + 1 + i / 2];
                weights[i] = (byte) (i % 2 == 0 ? pair >> 4 & 0xf : pair & 0xf);
            }
        } else {
            symbols = readPackedWeights(bytes, start + 1, next);
        }
        build(symbols);
        return next;
    }

    /** Two states by turns, until the bits are used up. */
    private int readPackedWeights(byte[] bytes, int start, int end) throws CorruptDataException {
        bits.open(bytes, weightTable.read(bytes, start, end, MAX_SYMBOLS - 1), end);
        var state = (int) bits.read(weightTable.log());
        var other = (int) bits.read(weightTable.log());
        for (var count = 0; count < MAX_SYMBOLS - 2; ) {
            weights[count++] = (byte) weightTable.symbol(state);
            var length = weightTable.bits(state);
            if (bits.left() < length) {
                weights[count++] = (byte) weightTable.symbol(other);
                return count;
            }
            var following = weightTable.next(state, bits.read(length));
            state = other;
            other = following;
        }
        throw new CorruptDataException("a Huffman code has too many symbols");
    }

    private void build(int described) throws CorruptDataException {
        var total = 0;
        for (var i = 0; i < described; i++) {
            if (weights[i] < 0 || weights[i] > MAX_BITS) {
                throw new CorruptDataException("a Huffman code is damaged");
            }
            total += 1 << weights[i] >> 1;
        }
        log = 32 - Integer.numberOfLeadingZeros(total);
        var rest = (1 << log) - total;
        if (total == 0 || log > MAX_BITS || Integer.bitCount(rest) != 1) {
            throw new CorruptDataException("a Huffman code is damaged");
        }
        // the last symbol takes what is left
        weights[described] = (byte) (Integer.numberOfTrailingZeros(rest) + 1);
        var ofWeight = new int[MAX_BITS + 2];
        for (var i = 0; i <= described; i++) {
            ofWeight[weights[i]]++;
        }
        if (ofWeight[1] < 2 || ofWeight[1] % 2 != 0) {
            throw new CorruptDataException("a Huffman code is damaged");
        }
        var from = new int[MAX_BITS + 2];
        for (var weight = 1; weight <= MAX_BITS; weight++) {
            from[weight + 1] = from[weight] + (ofWeight[weight] << weight - 1);
        }
        for (var symbol = 0; symbol <= described; symbol++) {
            var weight = weights[symbol];
            if (weight > 0) {
                var to = from[weight] + (1 << weight - 1);
                Arrays.fill(codes, from[weight], to, (short) (symbol << 8 | log + 1 - weight));
                from[weight] = to;
            }
        }
    }

    /** Decodes the stream of {@code [start, end)}, which must yield exactly the symbols of {@code [to, toEnd)}. */
    void decode(byte[] bytes, int start, int end, byte[] target, int to, int toEnd) throws CorruptDataException {
        bits.open(bytes, start, end);
        for (var i = to; i < toEnd; i++) {
            var code = codes[bits.peek(log)];
            target[i] = (byte) (code >> 8);
            bits.skip(code & 0xff);
        }
        bits.requireEnd();
    }
}
