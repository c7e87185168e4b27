package io.threadstore.platform;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * A JSON text exactly as it came: a range of UTF-8 bytes, not copied. The buffer must not change while the text is in use.
 *
 * @param buffer the bytes that hold the text
 * @param offset where it begins
 * @param length how many bytes it has
 */
public record JsonText(byte[] buffer, int offset, int length) {

    public static JsonText of(byte[] bytes) {
        return new JsonText(bytes, 0, bytes.length);
    }

    public static JsonText of(String text) {
        return of(text.getBytes(StandardCharsets.UTF_8));
    }

    /** A part of this text; offsets count from the beginning of this text. */
    public JsonText slice(int from, int to) {
        return new JsonText(buffer, offset + from, to - from);
    }

    /** The text without white space at its ends. */
    public JsonText trimmed() {
        var from = 0;
        var to = length;
        while (from < to && isSpace(buffer[offset + from])) {
            from++;
        }
        while (to > from && isSpace(buffer[offset + to - 1])) {
            to--;
        }
        return slice(from, to);
    }

    private static boolean isSpace(byte b) {
        return b == ' ' || b == '\t' || b == '\r' || b == '\n';
    }

    /** Whether it has no line feed. Within tokens there can't be one. */
    public boolean isOneLine() {
        return Bytes.indexOf(buffer, offset, offset + length, (byte) '\n') < 0;
    }

    /** The text's own bytes; the buffer itself where the text fills it. */
    public byte[] toBytes() {
        return offset == 0 && length == buffer.length ? buffer : Arrays.copyOfRange(buffer, offset, offset + length);
    }

    public void writeTo(ByteArrayOutputStream out) {
        out.write(buffer, offset, length);
    }

    /** The CRC-32C of the bytes, from 0 to 2^32 - 1. */
    public long checksum() {
        var checksum = new CRC32C();
        checksum.update(buffer, offset, length);
        return checksum.getValue();
    }

    /** Whether both are the same bytes. */
    public boolean sameAs(JsonText other) {
        return Arrays.equals(buffer, offset, offset + length, other.buffer, other.offset, other.offset + other.length);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof JsonText text && sameAs(text);
    }

    @Override
    public int hashCode() {
        var hash = 1;
        for (var i = offset; i < offset + length; i++) {
            hash = 31 * hash + buffer[i];
        }
        return hash;
    }

    @Override
    public String toString() {
        return new String(buffer, offset, length, StandardCharsets.UTF_8);
    }
}
