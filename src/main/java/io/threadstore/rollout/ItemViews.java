package io.threadstore.rollout;

import io.threadstore.platform.TextBuffer;
import jakarta.enterprise.context.ApplicationScoped;

/** Writes stored items as JSON, their payloads byte for byte. */
@ApplicationScoped
public class ItemViews {

    private final ItemReader items;

    ItemViews(ItemReader items) {
        this.items = items;
    }

    /** Writes {@code {"ordinal", "recorded_at", "type", "payload"}}. */
    public void writeItem(StoredItem stored, TextBuffer out) {
        write(stored, ItemParts.of(stored, items), out);
    }

    private static void write(StoredItem stored, ItemParts parts, TextBuffer out) {
        out.append("{\"ordinal\":");
        out.append(stored.ordinal());
        out.append(",\"recorded_at\":\"");
        out.appendTime(stored.recordedAt().toEpochMilli());
        out.append("\",\"type\":");
        out.append(parts.typeText());
        out.append(",\"payload\":");
        out.append(parts.payload());
        out.append((byte) '}');
    }

    /** As {@link #writeItem}, in one line whatever the payload's own spacing is. */
    public void writeItemLine(StoredItem stored, TextBuffer out) {
        var from = out.length();
        var parts = ItemParts.of(stored, items);
        write(stored, parts, out);
        if (!parts.isOneLine()) {
            out.spaceLineFeeds(from);
        }
    }

    /** Writes the item as a line of a rollout file, without a line feed. */
    public void writeLine(StoredItem stored, TextBuffer out) {
        ExportedLine.write(stored, items, out);
    }

    /** The item with its parts told apart, for transports that show less of it. */
    public RolloutItem read(StoredItem stored) {
        return items.reread(stored.text());
    }
}
