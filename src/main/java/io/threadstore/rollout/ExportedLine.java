package io.threadstore.rollout;

import io.threadstore.platform.JsonText;
import io.threadstore.platform.TextBuffer;

/** A stored item as a line of a rollout file, which always has a timestamp. */
final class ExportedLine {

    /** Room for a timestamp. */
    private static final int TIMESTAMP_BYTES = 48;

    private ExportedLine() {}

    static JsonText of(StoredItem stored, ItemReader items) {
        var out = new TextBuffer(stored.text().length() + TIMESTAMP_BYTES);
        write(stored, items, out);
        return out.toJsonText();
    }

    /**
     * Writes the text as it came if it has a timestamp of its own; otherwise with the time of its recording after the first brace. Line
     * feeds, which can be only between tokens, become spaces: an item from a JSON body may have some, and a line must not.
     */
    static void write(StoredItem stored, ItemReader items, TextBuffer out) {
        var from = out.length();
        var text = stored.text();
        var parts = ItemParts.of(stored, items);
        if (parts.hasTimestamp()) {
            out.append(text);
        } else {
            out.append(text.slice(0, parts.bodyOffset()));
            out.append("\"timestamp\":\"");
            out.appendTime(stored.recordedAt().toEpochMilli());
            out.append("\",");
            out.append(text.slice(parts.bodyOffset(), text.length()));
        }
        if (!parts.isOneLine()) {
            out.spaceLineFeeds(from);
        }
    }
}
