package io.threadstore.compression;

import java.io.IOException;
import java.io.InputStream;

/** The buffered source of a decoder. An end of the source where more is required is damage. */
final class SourceBuffer {

    private final InputStream in;
    private final byte[] bytes = new byte[64 * 1024];
    private int position;
    private int end;

    SourceBuffer(InputStream in) {
        this.in = in;
    }

    byte[] bytes() {
        return bytes;
    }

    int position() {
        return position;
    }

    int end() {
        return end;
    }

    void moveTo(int newPosition) {
        position = newPosition;
    }

    /** Fills the buffer if all of it was consumed. False at the end of the source, which only a read of -1 marks. */
    boolean fill() throws IOException {
        while (position == end) {
            var count = in.read(bytes, 0, bytes.length);
            if (count < 0) {
                return false;
            }
            position = 0;
            end = count;
        }
        return true;
    }

    /** The next byte, 0 to 255; -1 at the end of the source. */
    int read() throws IOException {
        return fill() ? bytes[position++] & 0xff : -1;
    }

    /** The next byte, 0 to 255. */
    int require() throws IOException {
        requireMore();
        return bytes[position++] & 0xff;
    }

    /** The next bytes as an unsigned number, the lowest byte first. At most 8 bytes. */
    long requireNumber(int length) throws IOException {
        var number = 0L;
        for (var i = 0; i < length; i++) {
            number |= (long) require() << 8 * i;
        }
        return number;
    }

    void requireBytes(byte[] target, int offset, int length) throws IOException {
        for (var done = 0; done < length; ) {
            requireMore();
            var count = Math.min(length - done, end - position);
            System.arraycopy(bytes, position, target, offset + done, count);
            position += count;
            done += count;
        }
    }

    void skip(long length) throws IOException {
        for (var left = length; left > 0; ) {
            requireMore();
            var count = (int) Math.min(left, end - position);
            position += count;
            left -= count;
        }
    }

    void requireMore() throws IOException {
        if (!fill()) {
            throw new CorruptDataException("it ends too early");
        }
    }
}
