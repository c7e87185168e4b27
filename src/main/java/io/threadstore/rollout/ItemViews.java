package io.threadstore.rollout;

import io.threadstore.platform.Timestamps;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Writes stored items as JSON, their payloads byte for byte. */
@ApplicationScoped
public class ItemViews {

    private final ItemReader items;

    ItemViews(ItemReader items) {
        this.items = items;
    }

    /** Writes {@code {"ordinal", "recorded_at", "type", "payload"}}. */
    public void writeItem(StoredItem stored, ByteArrayOutputStream out) {
        var item = items.reread(stored.text());
        write(out, "{\"ordinal\":");
        write(out, Long.toString(stored.ordinal()));
        write(out, ",\"recorded_at\":\"");
        write(out, Timestamps.format(stored.recordedAt()));
        write(out, "\",\"type\":");
        item.typeText().writeTo(out);
        write(out, ",\"payload\":");
        item.payload().writeTo(out);
        write(out, "}");
    }

    /** As {@link #writeItem}, in one line whatever the payload's own spacing is. */
    public void writeItemLine(StoredItem stored, ByteArrayOutputStream out) {
        writeItem(new StoredItem(stored.ordinal(), stored.recordedAt(), ExportedLine.inOneLine(stored.text())), out);
    }

    /** Writes the item as a line of a rollout file, without a line feed. */
    public void writeLine(StoredItem stored, ByteArrayOutputStream out) {
        ExportedLine.of(stored, items).writeTo(out);
    }

    /** The item with its parts told apart, for transports that show less of it. */
    public RolloutItem read(StoredItem stored) {
        return items.reread(stored.text());
    }

    private static void write(ByteArrayOutputStream out, String ascii) {
        out.writeBytes(ascii.getBytes(StandardCharsets.US_ASCII));
    }
}
