package io.threadstore.compression;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Decodes Zstandard (RFC 8878) as a content coding (RFC 9659). A source is one or more frames; skippable frames may
 * stand anywhere, and a source of skippable frames only is empty. Content sizes and content checksums are verified
 * where a frame has them. Frames that need a dictionary, or a window of more than {@link #MAX_WINDOW_BYTES}, are
 * rejected.
 *
 * <p>Memory: at most 10.5 MiB, and less if the frames' windows are smaller. The source is not closed.
 */
public final class ZstdDecoder extends DecodedStream {

    /** RFC 9659, section 3: the largest window of the content coding. */
    public static final int MAX_WINDOW_BYTES = 8 * 1024 * 1024;

    private static final long MAGIC = 0xfd2fb528L;
    private static final long SKIPPABLE_MAGIC = 0x184d2a50L;
    private static final long SKIPPABLE_MASK = 0xfffffff0L;

    private static final int BLOCK_RAW = 0;
    private static final int BLOCK_REPEATED_BYTE = 1;
    private static final int BLOCK_COMPRESSED = 2;

    private final SourceBuffer source;
    private final ZstdBlock block = new ZstdBlock();
    private final XxHash64 checksum = new XxHash64();

    /** What was decoded last; at least a window of it, unless the frame is shorter. */
    private byte[] history = {};

    /** Up to where the history is filled, and up to where it was read. */
    private int filled;

    private int taken;

    private boolean isBegun;
    private boolean isInFrame;
    private boolean hasChecksum;
    private int window;
    private int maxBlock;

    /** What the frame's header says; -1 if nothing. */
    private long contentSize;

    private long decoded;

    public ZstdDecoder(InputStream in) {
        this.source = new SourceBuffer(in);
    }

    @Override
    int decode(byte[] buffer, int offset, int length) throws IOException {
        while (taken == filled) {
            if (isInFrame) {
                readBlock();
            } else if (!beginFrame()) {
                return -1;
            }
        }
        var count = Math.min(length, filled - taken);
        System.arraycopy(history, taken, buffer, offset, count);
        taken += count;
        return count;
    }

    private boolean beginFrame() throws IOException {
        if (isBegun && !source.fill()) {
            return false;
        }
        var magic = source.requireNumber(4);
        if (magic == MAGIC) {
            readFrameHeader();
            isInFrame = true;
        } else if ((magic & SKIPPABLE_MASK) == SKIPPABLE_MAGIC) {
            source.skip(source.requireNumber(4));
        } else {
            throw new CorruptDataException(isBegun ? "other bytes follow its last frame" : "it has no frame header");
        }
        isBegun = true;
        return true;
    }

    private void readFrameHeader() throws IOException {
        var descriptor = source.require();
        var isSingleSegment = (descriptor & 0b10_0000) != 0;
        if ((descriptor & 0b1000) != 0) {
            throw new CorruptDataException("a frame's header has a reserved bit");
        }
        hasChecksum = (descriptor & 0b100) != 0;
        var windowBytes = isSingleSegment ? 0 : windowOf(source.require());
        if (source.requireNumber((1 << (descriptor & 3)) >> 1) != 0) {
            throw new CorruptDataException("a frame needs a dictionary");
        }
        contentSize = switch (descriptor >> 6) {
            case 0 -> isSingleSegment ? source.require() : -1;
            case 1 -> 256 + source.requireNumber(2);
            case 2 -> source.requireNumber(4);
            default -> source.requireNumber(8) & Long.MAX_VALUE;
        };
        if (isSingleSegment) {
            windowBytes = contentSize;
        }
        if (windowBytes > MAX_WINDOW_BYTES) {
            throw new CorruptDataException("a frame needs a window of %d bytes; the content coding allows %d"
                    .formatted(windowBytes, MAX_WINDOW_BYTES));
        }
        window = (int) windowBytes;
        maxBlock = Math.min(window, ZstdBlock.MAX_BYTES);
        decoded = 0;
        filled = 0;
        taken = 0;
        block.beginFrame();
        checksum.reset();
    }

    private static long windowOf(int descriptor) {
        var base = 1L << 10 + (descriptor >> 3);
        return base + base / 8 * (descriptor & 7);
    }

    private void readBlock() throws IOException {
        var header = (int) source.requireNumber(3);
        var isLast = (header & 1) != 0;
        var type = header >> 1 & 3;
        var length = header >> 3;
        if (length > maxBlock) {
            throw new CorruptDataException("a block is too long");
        }
        makeRoom();
        switch (type) {
            case BLOCK_RAW -> source.requireBytes(history, filled, length);
            case BLOCK_REPEATED_BYTE -> Arrays.fill(history, filled, filled + length, (byte) source.require());
            case BLOCK_COMPRESSED -> {
                source.requireBytes(block.packed(), 0, length);
                var reach = (int) Math.min(window, decoded);
                length = block.decode(length, history, filled, maxBlock, reach, window);
            }
            default -> throw new CorruptDataException("a block is of an unknown type");
        }
        if (hasChecksum) {
            checksum.update(history, filled, length);
        }
        filled += length;
        decoded += length;
        if (contentSize >= 0 && (isLast ? decoded != contentSize : decoded > contentSize)) {
            throw new CorruptDataException("a frame's length is wrong");
        }
        if (isLast) {
            endFrame();
        }
    }

    /** Makes room for a block. All that is filled was read, so that a window of it is enough. */
    private void makeRoom() {
        if (history.length - filled >= maxBlock) {
            return;
        }
        var kept = Math.min(window, filled);
        var full = window + Math.max(maxBlock, window / 4);
        var target = history.length < full
                ? new byte[Math.min(full, Math.max(2 * history.length, kept + maxBlock))]
                : history;
        System.arraycopy(history, filled - kept, target, 0, kept);
        history = target;
        filled = kept;
        taken = kept;
    }

    private void endFrame() throws IOException {
        if (hasChecksum && source.requireNumber(4) != (checksum.value() & 0xffff_ffffL)) {
            throw new CorruptDataException("a frame's checksum is wrong");
        }
        isInFrame = false;
    }
}
