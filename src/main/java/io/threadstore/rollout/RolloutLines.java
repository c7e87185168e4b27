package io.threadstore.rollout;

import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.Bytes;
import io.threadstore.platform.JsonText;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * Splits NDJSON into lines. Lines end with a line feed, which the last one may lack; lines of nothing but white space are
 * passed over, up to a limit. Memory is bounded by the longest line that may be.
 */
public final class RolloutLines {

    /** How many blank lines are accepted: they cost work and no bytes of an item's limit. */
    static final int MAX_BLANK_LINES = 100_000;

    private static final int BUFFER_BYTES = 64 * 1024;

    private final InputStream in;
    private final ItemLimit itemLimit;
    private final long maxBytes;
    private final LongConsumer beforeGrowth;
    private byte[] buffer = new byte[BUFFER_BYTES];
    private int position;
    private int end;
    private long total;
    private long number;
    private int blankLines;

    /** Where the line that was found last begins, and where it ends. */
    private int lineStart;

    private int lineEnd;

    /** @param maxBytes how long the whole may be */
    public RolloutLines(InputStream in, ItemLimit itemLimit, long maxBytes) {
        this(in, itemLimit, maxBytes, bytes -> {});
    }

    /**
     * @param maxBytes how long the whole may be
     * @param beforeGrowth called with the new size of the buffer, in bytes, before it grows for a longer line
     */
    RolloutLines(InputStream in, ItemLimit itemLimit, long maxBytes, LongConsumer beforeGrowth) {
        this.beforeGrowth = beforeGrowth;
        this.in = in;
        this.itemLimit = itemLimit;
        this.maxBytes = maxBytes;
    }

    /** The number of the line that {@link #next} returned last, from 1. */
    public long number() {
        return number;
    }

    /**
     * The next line that is not blank, without its line feed; empty at the end.
     *
     * @throws ThreadStoreException REQUEST_TOO_LARGE if the line, or the whole, is longer than its limit, or if there
     *     are too many blank lines
     */
    public Optional<JsonText> next() throws IOException {
        while (true) {
            if (!findLine()) {
                return Optional.empty();
            }
            number++;
            if (!isBlank()) {
                return Optional.of(JsonText.of(Arrays.copyOfRange(buffer, lineStart, lineEnd)));
            }
            if (++blankLines > MAX_BLANK_LINES) {
                throw ThreadStoreException.of(
                                ErrorKind.REQUEST_TOO_LARGE,
                                "the body has more than " + MAX_BLANK_LINES + " blank lines")
                        .atLine(number);
            }
        }
    }

    private boolean findLine() throws IOException {
        var searched = position;
        while (true) {
            var feed = Bytes.indexOf(buffer, searched, end, (byte) '\n');
            var length = (feed < 0 ? end : feed) - position;
            if (length > itemLimit.bytes()) {
                throw itemLimit.tooLarge().atLine(number + 1);
            }
            if (feed < 0) {
                var isMore = fill();
                searched = position + length;
                if (isMore) {
                    continue;
                }
                if (length == 0) {
                    return false;
                }
            }
            lineStart = position;
            lineEnd = position + length;
            position += feed < 0 ? length : length + 1;
            return true;
        }
    }

    /** Reads on behind what is left, for which it makes room. */
    private boolean fill() throws IOException {
        var left = end - position;
        if (position > 0) {
            System.arraycopy(buffer, position, buffer, 0, left);
        } else if (left == buffer.length) {
            var size = Math.min(2L * left, Integer.MAX_VALUE - 8);
            beforeGrowth.accept(size);
            buffer = Arrays.copyOf(buffer, (int) size);
        }
        position = 0;
        var count = Math.max(0, in.read(buffer, left, buffer.length - left));
        end = left + count;
        total += count;
        if (total > maxBytes) {
            throw ThreadStoreException.of(
                    ErrorKind.REQUEST_TOO_LARGE, "the body is longer than " + maxBytes + " bytes");
        }
        return count > 0;
    }

    private boolean isBlank() {
        for (var i = lineStart; i < lineEnd; i++) {
            var b = buffer[i];
            if (b != ' ' && b != '\t' && b != '\r') {
                return false;
            }
        }
        return true;
    }
}
