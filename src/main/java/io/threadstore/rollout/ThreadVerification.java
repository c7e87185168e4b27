package io.threadstore.rollout;

import io.threadstore.thread.ThreadId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was found when a thread was compared with its items.
 *
 * @param items how many items were read
 * @param bytes how many bytes their texts have together
 * @param itemsWithoutChecksum how many of them were stored before there were checksums
 * @param differences the first of what is not as it should be
 * @param differenceCount how many differences there are
 * @param notDerivable what of the thread its items don't determine: never, or because an event that is not stored may
 *     be the reason for
 *     a difference
 */
public record ThreadVerification(
        ThreadId threadId,
        long items,
        long bytes,
        long itemsWithoutChecksum,
        List<Difference> differences,
        long differenceCount,
        List<String> notDerivable) {

    /** How many differences are told at the most. */
    public static final int MOST_DIFFERENCES = 100;

    public ThreadVerification {
        differences = List.copyOf(differences);
        notDerivable = List.copyOf(notDerivable);
    }

    /** Whether everything that can be derived is as it should be. */
    public boolean isSound() {
        return differenceCount == 0;
    }

    /** The kinds of differences. */
    public enum Kind {
        /** A part of the thread is not what its items determine. */
        THREAD_FIELD,
        /** There is no item at an ordinal below the next. */
        ITEM_MISSING,
        /** There is an item at an ordinal that has not been given yet. */
        ITEM_BEYOND_END,
        /** An item's text is not the one that its checksum was made of. */
        ITEM_CHECKSUM,
        /** An item's text is no item. */
        ITEM_UNREADABLE,
        /** What is noted of an item (type, subtype, length) is not what its text says. */
        ITEM_FIELD,
        /** A metadata patch names an item that is not there. */
        PATCH_WITHOUT_ITEM,
        /** The live writer is not the thread's latest. */
        WRITER_EPOCH
    }

    /**
     * Something that is not as it should be.
     *
     * @param ordinal the item's place, where it is about an item
     * @param field the part that differs, where it is about one
     * @param stored what is stored, as text; null where nothing is
     * @param derived what should be, as text; null where nothing should
     */
    public record Difference(
            Kind kind,
            @Nullable Long ordinal,
            @Nullable String field,
            @Nullable String stored,
            @Nullable String derived) {}
}
