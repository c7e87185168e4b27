package io.threadstore.testsupport;

import io.airlift.compress.zstd.ZstdOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import java.util.zip.GZIPOutputStream;

/** Packed bodies, intact and damaged. */
public final class Packed {

    private Packed() {}

    /** One gzip member. */
    public static byte[] gzip(byte[] bytes) {
        var out = new ByteArrayOutputStream();
        try (var packer = new GZIPOutputStream(out)) {
            packer.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /** One Zstandard frame with a checksum. */
    public static byte[] zstd(byte[] bytes) {
        var out = new ByteArrayOutputStream();
        try (var packer = new ZstdOutputStream(out)) {
            packer.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /** A skippable Zstandard frame (RFC 8878, 3.1.2). */
    public static byte[] skippable(int variant, byte... content) {
        return ByteBuffer.allocate(8 + content.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(0x184d2a50 + variant)
                .putInt(content.length)
                .put(content)
                .array();
    }

    /** A Zstandard frame of one raw block, and then a byte repeated in blocks of 128 KiB, which take 4 bytes each. */
    public static byte[] zstdBomb(byte[] beginning, char repeated, int blocks) {
        var frame = ByteBuffer.allocate(9 + beginning.length + 4 * blocks).order(ByteOrder.LITTLE_ENDIAN);
        // a window of 128 KiB, no checksum
        frame.putInt(0xfd2fb528).put((byte) 0).put((byte) (7 << 3));
        putBlockHeader(frame, blocks == 0, 0, beginning.length);
        frame.put(beginning);
        for (var i = 1; i <= blocks; i++) {
            putBlockHeader(frame, i == blocks, 1, 128 * 1024);
            frame.put((byte) repeated);
        }
        return frame.array();
    }

    private static void putBlockHeader(ByteBuffer frame, boolean isLast, int type, int length) {
        var header = length << 3 | type << 1 | (isLast ? 1 : 0);
        frame.put((byte) header).put((byte) (header >> 8)).put((byte) (header >> 16));
    }

    public static byte[] concat(byte[]... parts) {
        var out = new ByteArrayOutputStream();
        for (var part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    /** The bytes cut off somewhere, or with up to three bits changed. */
    public static byte[] damaged(byte[] bytes, Random random) {
        if (random.nextInt(3) == 0) {
            return java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length));
        }
        var copy = bytes.clone();
        for (var i = random.nextInt(3); i >= 0; i--) {
            copy[random.nextInt(copy.length)] ^= (byte) (1 << random.nextInt(8));
        }
        return copy;
    }

    /** A file of {@code src/test/resources/compression}. */
    public static byte[] fixture(String name) {
        try (var in = Packed.class.getResourceAsStream("/compression/" + name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
