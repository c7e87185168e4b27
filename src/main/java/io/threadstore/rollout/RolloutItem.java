package io.threadstore.rollout;

import io.threadstore.platform.JsonText;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a thread's history: {@code {"type": ..., "payload": {...}}} as it came, and the few words that say what it is.
 *
 * @param text the item's JSON text, byte for byte, white space around it included
 * @param type the value of {@code type}
 * @param payload the text of {@code payload}, a slice of {@code text}
 * @param typeText the text of {@code type} with its quotes, a slice of {@code text}
 * @param subtype the payload's own {@code type}; null if it has no such string
 * @param payloadItemType the {@code type} of the payload's {@code item}; null if it has no such string
 * @param timestamp the item's own top-level {@code timestamp}, in milliseconds; null if it has none that can be read
 * @param hasTimestamp whether the text has a top-level member {@code timestamp} of any form
 * @param bodyOffset where the text goes on after its first brace, in bytes
 */
public record RolloutItem(
        JsonText text,
        String type,
        JsonText payload,
        JsonText typeText,
        @Nullable String subtype,
        @Nullable String payloadItemType,
        @Nullable Instant timestamp,
        boolean hasTimestamp,
        int bodyOffset) {

    /** Types of items and of events that rules of this store speak of. */
    public static final String SESSION_META = "session_meta";

    public static final String TURN_CONTEXT = "turn_context";
    public static final String EVENT_MSG = "event_msg";
    public static final String USER_MESSAGE = "user_message";
    public static final String TOKEN_COUNT = "token_count";
    public static final String SESSION_CONFIGURED = "session_configured";
    public static final String THREAD_NAME_UPDATED = "thread_name_updated";

    /**
     * Where the payload begins in the text, in bytes, if the text is one line that ends with it and a brace, as nearly all do; else null. With
     * it, {@link ItemParts} need not look for the payload's end.
     */
    @Nullable
    Integer payloadOffset() {
        var from = payload.offset() - text.offset();
        var isLast = from + payload.length() + 1 == text.length();
        return isLast && text.isOneLine() ? from : null;
    }

    boolean isSessionMeta() {
        return type.equals(SESSION_META);
    }

    boolean isEvent(String eventType) {
        return type.equals(EVENT_MSG) && eventType.equals(subtype);
    }
}
