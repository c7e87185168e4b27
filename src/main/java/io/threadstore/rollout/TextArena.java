package io.threadstore.rollout;

import io.threadstore.platform.JsonText;
import java.io.IOException;
import java.io.InputStream;

/** Texts one after the other in a buffer that is used again: an array for each would be as much garbage as a history has text. */
final class TextArena {

    private byte[] bytes;
    private int length;

    /** @param capacity how much text it takes before it needs another buffer */
    TextArena(int capacity) {
        bytes = new byte[capacity];
    }

    /** Takes a text in. It is good until {@link #clear}. */
    JsonText add(InputStream text) throws IOException {
        // all of it is there: it comes from the row that the driver has read
        var count = text.available();
        if (count > bytes.length - length) {
            bytes = new byte[Math.max(count, bytes.length)];
            length = 0;
        }
        var from = length;
        length += text.readNBytes(bytes, from, count);
        return new JsonText(bytes, from, length - from);
    }

    /** Begins again, over the texts that are there. */
    void clear() {
        length = 0;
    }
}
