package io.threadstore.rollout;

import io.threadstore.platform.JsonText;
import io.threadstore.platform.Timestamps;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** A stored item as a line of a rollout file, which always has a timestamp. */
final class ExportedLine {

    private ExportedLine() {}

    /** The text as it came if it has a timestamp of its own; otherwise with the time of its recording after the first brace. */
    static JsonText of(StoredItem stored, ItemReader items) {
        var item = items.reread(stored.text());
        var text = inOneLine(stored.text());
        if (item.hasTimestamp()) {
            return text;
        }
        var out = new ByteArrayOutputStream(text.length() + 48);
        text.slice(0, item.bodyOffset()).writeTo(out);
        var member = "\"timestamp\":\"" + Timestamps.format(stored.recordedAt()) + "\",";
        out.writeBytes(member.getBytes(StandardCharsets.UTF_8));
        text.slice(item.bodyOffset(), text.length()).writeTo(out);
        return JsonText.of(out.toByteArray());
    }

    /**
     * The text with spaces for its line feeds, which can be only between tokens: an item from a JSON body may have some, and a line
     * must not.
     */
    static JsonText inOneLine(JsonText text) {
        var bytes = text.toBytes();
        for (var i = 0; i < bytes.length; i++) {
            if (bytes[i] == '\n') {
                return JsonText.of(withSpaces(bytes));
            }
        }
        return text;
    }

    private static byte[] withSpaces(byte[] bytes) {
        var copy = bytes.clone();
        for (var i = 0; i < copy.length; i++) {
            if (copy[i] == '\n') {
                copy[i] = ' ';
            }
        }
        return copy;
    }
}
