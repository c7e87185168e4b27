package io.threadstore.platform;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** Text that grows, as UTF-8. What {@link java.io.ByteArrayOutputStream} is, without its lock, and read without a copy. */
public final class TextBuffer {

    private static final int MOST_DIGITS = 20;

    private byte[] bytes;
    private int length;
    private long lastTime;
    private int lastTimeAt = -1;

    /** @param capacity how many bytes it takes before it has to grow */
    public TextBuffer(int capacity) {
        this.bytes = new byte[capacity];
    }

    /** Begins again, with room for so many bytes; in the same memory where that is enough, and not far more. */
    public void clear(int atLeast) {
        length = 0;
        lastTimeAt = -1;
        if (bytes.length < atLeast || bytes.length / 16 > atLeast) {
            bytes = new byte[atLeast];
        }
    }

    public int length() {
        return length;
    }

    public void append(byte[] text) {
        append(text, 0, text.length);
    }

    public void append(JsonText text) {
        append(text.buffer(), text.offset(), text.length());
    }

    private void append(byte[] text, int offset, int count) {
        ensureRoomFor(count);
        System.arraycopy(text, offset, bytes, length, count);
        length += count;
    }

    public void append(byte text) {
        ensureRoomFor(1);
        bytes[length++] = text;
    }

    /** Text of ASCII. */
    @SuppressWarnings("deprecation") // it copies the lower bytes of characters, which is what ASCII wants
    public void append(String ascii) {
        ensureRoomFor(ascii.length());
        ascii.getBytes(0, ascii.length(), bytes, length);
        length += ascii.length();
    }

    /** A number that is not negative, in decimal digits. */
    public void append(long number) {
        ensureRoomFor(MOST_DIGITS);
        var digits = 1;
        for (var rest = number / 10; rest > 0; rest /= 10) {
            digits++;
        }
        length += digits;
        putDigits(length - digits, digits, number);
    }

    private void putDigits(int from, int digits, long number) {
        var rest = number;
        for (var at = from + digits - 1; at >= from; at--) {
            bytes[at] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
    }

    /** As {@link Timestamps#format}; copied where it is the same time as the last. */
    public void appendTime(long millis) {
        ensureRoomFor(Timestamps.LENGTH);
        if (lastTimeAt >= 0 && millis == lastTime) {
            System.arraycopy(bytes, lastTimeAt, bytes, length, Timestamps.LENGTH);
        } else {
            Timestamps.write(millis, bytes, length);
        }
        lastTime = millis;
        lastTimeAt = length;
        length += Timestamps.LENGTH;
    }

    /** Puts spaces for the line feeds from there on. */
    public void spaceLineFeeds(int from) {
        for (var at = from; at < length; at++) {
            if (bytes[at] == '\n') {
                bytes[at] = ' ';
            }
        }
    }

    private void ensureRoomFor(int count) {
        if (count > bytes.length - length) {
            var atLeast = Math.addExact(length, count);
            bytes = Arrays.copyOf(bytes, Math.max(atLeast, (int) Math.min(2L * bytes.length, Integer.MAX_VALUE - 8)));
        }
    }

    /** What it holds, not copied: it must not grow any more. */
    public ByteBuffer toByteBuffer() {
        return ByteBuffer.wrap(bytes, 0, length);
    }

    /** What it holds, not copied: it must not grow any more. */
    public JsonText toJsonText() {
        return new JsonText(bytes, 0, length);
    }
}
