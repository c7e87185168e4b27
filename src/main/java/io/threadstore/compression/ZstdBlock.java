package io.threadstore.compression;

import java.util.Arrays;

/**
 * Decodes the compressed blocks of a Zstandard frame (RFC 8878, 3.1.1.3). It keeps what later blocks of the frame may
 * refer to.
 */
final class ZstdBlock {

    /** How long a block may be, packed and unpacked. */
    static final int MAX_BYTES = 128 * 1024;

    private static final int LITERALS_RAW = 0;
    private static final int LITERALS_REPEATED_BYTE = 1;
    private static final int LITERALS_COMPRESSED = 2;

    private static final int TABLE_PREDEFINED = 0;
    private static final int TABLE_ONE_SYMBOL = 1;
    private static final int TABLE_COMPRESSED = 2;

    private static final int MAX_LITERAL_LENGTH_CODE = 35;
    private static final int MAX_MATCH_LENGTH_CODE = 52;
    private static final int MAX_OFFSET_CODE = 31;

    private static final int[] LITERAL_LENGTH_BASES = {
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 24, 28, 32, 40, 48, 64, 128, 256, 512,
        1024, 2048, 4096, 8192, 16384, 32768, 65536
    };
    private static final byte[] LITERAL_LENGTH_BITS = {
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        16
    };
    private static final int[] MATCH_LENGTH_BASES = {
        3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32,
        33, 34, 35, 37, 39, 41, 43, 47, 51, 59, 67, 83, 99, 131, 259, 515, 1027, 2051, 4099, 8195, 16387, 32771, 65539
    };
    private static final byte[] MATCH_LENGTH_BITS = {
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2,
        2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
    };

    private static final FseTable PREDEFINED_LITERAL_LENGTHS = FseTable.of(
            6, 4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1,
            -1, -1);
    private static final FseTable PREDEFINED_MATCH_LENGTHS = FseTable.of(
            6, 1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
            1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1);
    private static final FseTable PREDEFINED_OFFSETS =
            FseTable.of(5, 1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1);

    private final byte[] packed = new byte[MAX_BYTES + ReverseBits.PADDING_BYTES];
    private final byte[] ownLiterals = new byte[MAX_BYTES];
    private final HuffmanTable huffman = new HuffmanTable();
    private final Table literalLengths = new Table(9, MAX_LITERAL_LENGTH_CODE, PREDEFINED_LITERAL_LENGTHS);
    private final Table offsets = new Table(8, MAX_OFFSET_CODE, PREDEFINED_OFFSETS);
    private final Table matchLengths = new Table(9, MAX_MATCH_LENGTH_CODE, PREDEFINED_MATCH_LENGTHS);
    private final ReverseBits bits = new ReverseBits();

    private boolean hasHuffman;
    private long offset1;
    private long offset2;
    private long offset3;

    /** The literals of the block: in the block itself, or in {@link #ownLiterals}. */
    private byte[] literals = ownLiterals;

    private int literalsStart;
    private int literalsEnd;

    /** How far the block was read. */
    private int position;

    /** Forgets what blocks of the last frame have left. */
    void beginFrame() {
        hasHuffman = false;
        literalLengths.forget();
        offsets.forget();
        matchLengths.forget();
        offset1 = 1;
        offset2 = 4;
        offset3 = 8;
    }

    /** Where the packed block has to be put; it has room for {@link #MAX_BYTES}. */
    byte[] packed() {
        return packed;
    }

    /**
     * Decodes the block that was put into {@link #packed}.
     *
     * @param out has what was decoded before in front of {@code start}, and room for {@code maxBytes} from there on
     * @param reach how far back matches may reach from {@code start}
     * @param window how far back they may reach from anywhere
     * @return how many bytes the block has
     */
    int decode(int length, byte[] out, int start, int maxBytes, int reach, int window) throws CorruptDataException {
        if (length < 2) {
            throw new CorruptDataException("a block is too short");
        }
        readLiterals(length, maxBytes);
        return readSequences(length, out, start, maxBytes, reach, window) - start;
    }

    private void readLiterals(int length, int maxBytes) throws CorruptDataException {
        var type = packed[0] & 3;
        var format = packed[0] >> 2 & 3;
        if (type >= LITERALS_COMPRESSED) {
            readHuffmanLiterals(length, type, format, maxBytes);
            return;
        }
        var headerLength = format == 1 ? 2 : format == 3 ? 3 : 1;
        var size = (int) (number(0, headerLength) >>> (headerLength == 1 ? 3 : 4));
        if (size > maxBytes) {
            throw new CorruptDataException("a block is too long");
        }
        position = headerLength + (type == LITERALS_RAW ? size : 1);
        requireWithin(position, length);
        if (type == LITERALS_REPEATED_BYTE) {
            Arrays.fill(ownLiterals, 0, size, packed[headerLength]);
            useLiterals(ownLiterals, 0, size);
        } else {
            useLiterals(packed, headerLength, position);
        }
    }

    private void readHuffmanLiterals(int length, int type, int format, int maxBytes) throws CorruptDataException {
        var headerLength = Math.max(3, format + 2);
        var sizeBits = format < 2 ? 10 : format == 2 ? 14 : 18;
        // the reference decoder wants room for the longest header
        requireWithin(5, length);
        var header = number(0, headerLength) >>> 4;
        var size = (int) header & (1 << sizeBits) - 1;
        var start = headerLength;
        var end = headerLength + (int) (header >>> sizeBits);
        requireWithin(end, length);
        if (size > maxBytes) {
            throw new CorruptDataException("a block is too long");
        }
        if (type == LITERALS_COMPRESSED) {
            start = huffman.read(packed, start, end);
            hasHuffman = true;
        } else if (!hasHuffman) {
            throw new CorruptDataException("a block refers to a Huffman code that is missing");
        }
        if (format == 0) {
            huffman.decode(packed, start, end, ownLiterals, 0, size);
        } else {
            readFourStreams(start, end, size);
        }
        position = end;
        useLiterals(ownLiterals, 0, size);
    }

    private void readFourStreams(int start, int end, int size) throws CorruptDataException {
        if (size < 6 || end - start < 10) {
            throw new CorruptDataException("a block's literals are too short");
        }
        var quarter = (size + 3) / 4;
        var from = start + 6;
        for (var i = 0; i < 3; i++) {
            var to = from + (int) number(start + 2 * i, 2);
            requireWithin(to, end);
            huffman.decode(packed, from, to, ownLiterals, i * quarter, (i + 1) * quarter);
            from = to;
        }
        huffman.decode(packed, from, end, ownLiterals, 3 * quarter, size);
    }

    private void useLiterals(byte[] bytes, int start, int end) {
        literals = bytes;
        literalsStart = start;
        literalsEnd = end;
    }

    private int readSequences(int length, byte[] out, int start, int maxBytes, int reach, int window)
            throws CorruptDataException {
        var count = readSequenceCount(length);
        var to = start;
        var end = start + maxBytes;
        if (count > 0) {
            readTables(length);
            bits.open(packed, position, length);
            var literalLengthTable = literalLengths.current();
            var offsetTable = offsets.current();
            var matchLengthTable = matchLengths.current();
            var literalLengthState = (int) bits.read(literalLengthTable.log());
            var offsetState = (int) bits.read(offsetTable.log());
            var matchLengthState = (int) bits.read(matchLengthTable.log());
            for (var i = 0; i < count; i++) {
                if (i > 0) {
                    literalLengthState = literalLengthTable.next(
                            literalLengthState, bits.read(literalLengthTable.bits(literalLengthState)));
                    matchLengthState =
                            matchLengthTable.next(matchLengthState, bits.read(matchLengthTable.bits(matchLengthState)));
                    offsetState = offsetTable.next(offsetState, bits.read(offsetTable.bits(offsetState)));
                }
                var offsetCode = offsetTable.symbol(offsetState);
                var offsetValue = (1L << offsetCode) + bits.read(offsetCode);
                var matchLengthCode = matchLengthTable.symbol(matchLengthState);
                var matchLength =
                        MATCH_LENGTH_BASES[matchLengthCode] + (int) bits.read(MATCH_LENGTH_BITS[matchLengthCode]);
                var literalLengthCode = literalLengthTable.symbol(literalLengthState);
                var literalLength = LITERAL_LENGTH_BASES[literalLengthCode]
                        + (int) bits.read(LITERAL_LENGTH_BITS[literalLengthCode]);
                var offset = offset(offsetValue, literalLength == 0);
                if (literalLength > literalsEnd - literalsStart || literalLength + matchLength > end - to) {
                    throw new CorruptDataException("a block is too long");
                }
                System.arraycopy(literals, literalsStart, out, to, literalLength);
                literalsStart += literalLength;
                to += literalLength;
                if (offset < 1 || offset > Math.min(window, reach + (to - start))) {
                    throw new CorruptDataException("a block refers to bytes before its window");
                }
                copyMatch(out, to, (int) offset, matchLength);
                to += matchLength;
            }
            bits.requireEnd();
        }
        var rest = literalsEnd - literalsStart;
        if (rest > end - to) {
            throw new CorruptDataException("a block is too long");
        }
        System.arraycopy(literals, literalsStart, out, to, rest);
        return to + rest;
    }

    private int readSequenceCount(int length) throws CorruptDataException {
        requireWithin(position + 1, length);
        var first = packed[position++] & 0xff;
        var count = first;
        if (first == 255) {
            requireWithin(position + 2, length);
            count = 0x7f00 + (int) number(position, 2);
            position += 2;
        } else if (first > 127) {
            requireWithin(position + 1, length);
            count = (first - 128 << 8) + (packed[position++] & 0xff);
        }
        if (count == 0 && position != length) {
            throw new CorruptDataException("a block has bytes after its end");
        }
        return count;
    }

    private void readTables(int length) throws CorruptDataException {
        requireWithin(position + 1, length);
        // the two lowest bits are reserved and without effect; zstd before 1.5.6 passes over them too
        var modes = packed[position++] & 0xff;
        literalLengths.read(modes >> 6, length);
        offsets.read(modes >> 4 & 3, length);
        matchLengths.read(modes >> 2 & 3, length);
    }

    /** The offset that a value stands for: one of the last three, or a new one (RFC 8878, 3.1.1.5). */
    private long offset(long value, boolean isWithoutLiterals) {
        if (value > 3) {
            offset3 = offset2;
            offset2 = offset1;
            offset1 = value - 3;
            return offset1;
        }
        var index = (int) value - (isWithoutLiterals ? 0 : 1);
        if (index == 0) {
            return offset1;
        }
        var offset = index == 1 ? offset2 : index == 2 ? offset3 : offset1 - 1;
        if (index > 1) {
            offset3 = offset2;
        }
        offset2 = offset1;
        offset1 = offset;
        return offset;
    }

    /** Copies bytes that may be repeated by the copy itself. */
    private static void copyMatch(byte[] out, int to, int offset, int length) {
        var from = to - offset;
        if (offset >= length) {
            System.arraycopy(out, from, out, to, length);
        } else if (offset == 1) {
            Arrays.fill(out, to, to + length, out[from]);
        } else {
            for (var i = 0; i < length; i++) {
                out[to + i] = out[from + i];
            }
        }
    }

    private long number(int start, int length) {
        var number = 0L;
        for (var i = 0; i < length; i++) {
            number |= (packed[start + i] & 0xffL) << 8 * i;
        }
        return number;
    }

    private static void requireWithin(int end, int limit) throws CorruptDataException {
        if (end > limit) {
            throw new CorruptDataException("a block is damaged");
        }
    }

    /** The table of one of a sequence's three numbers. */
    private final class Table {

        private final FseTable own;
        private final int maxSymbol;
        private final FseTable predefined;
        private FseTable current;
        private boolean isKnown;

        Table(int maxLog, int maxSymbol, FseTable predefined) {
            this.own = new FseTable(maxLog);
            this.maxSymbol = maxSymbol;
            this.predefined = predefined;
            this.current = predefined;
        }

        void forget() {
            isKnown = false;
        }

        FseTable current() {
            return current;
        }

        void read(int mode, int length) throws CorruptDataException {
            switch (mode) {
                case TABLE_PREDEFINED -> current = predefined;
                case TABLE_ONE_SYMBOL -> {
                    requireWithin(position + 1, length);
                    var symbol = packed[position++] & 0xff;
                    requireWithin(symbol, maxSymbol);
                    own.repeat(symbol);
                    current = own;
                }
                case TABLE_COMPRESSED -> {
                    position = own.read(packed, position, length, maxSymbol);
                    current = own;
                }
                default -> {
                    if (!isKnown) {
                        throw new CorruptDataException("a block refers to a table that is missing");
                    }
                }
            }
            isKnown = true;
        }
    }
}
