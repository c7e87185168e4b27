package io.threadstore.rollout;

import io.threadstore.platform.JsonText;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A rollout item in its place.
 *
 * @param ordinal its place in the thread: 0, 1, 2, ... without gaps
 * @param recordedAt its own timestamp if it was imported with one, else when it was appended
 * @param text its JSON text as it came
 * @param payloadOffset where the payload begins in the text, as {@link RolloutItem#payloadOffset} had it when it was stored
 */
public record StoredItem(
        long ordinal,
        Instant recordedAt,
        JsonText text,
        @Nullable Integer payloadOffset) {

    /** As the columns of its row have it. */
    static StoredItem of(long ordinal, long recordedAtMillis, byte[] item, @Nullable Integer payloadOffset) {
        return of(ordinal, recordedAtMillis, JsonText.of(item), payloadOffset);
    }

    static StoredItem of(long ordinal, long recordedAtMillis, JsonText item, @Nullable Integer payloadOffset) {
        return new StoredItem(ordinal, Instant.ofEpochMilli(recordedAtMillis), item, payloadOffset);
    }
}
