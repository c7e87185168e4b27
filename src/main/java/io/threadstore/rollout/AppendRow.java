package io.threadstore.rollout;

import io.threadstore.thread.PersistenceMode;
import org.jspecify.annotations.Nullable;

/** A live thread as an append sees it, and what a group of appends has done to it so far. */
final class AppendRow {

    private final long key;
    private final boolean hasFirstUserMessage;
    private final long epoch;
    private final PersistenceMode mode;
    private final long expiresAt;
    private long nextOrdinal;
    private long newAppends;
    private long newItems;
    private long newBytes;
    private @Nullable String newTokenUsage;

    /** @param expiresAt when the writer's lease ends, in milliseconds since 1970 */
    AppendRow(
            long key, long nextOrdinal, boolean hasFirstUserMessage, long epoch, PersistenceMode mode, long expiresAt) {
        this.key = key;
        this.nextOrdinal = nextOrdinal;
        this.hasFirstUserMessage = hasFirstUserMessage;
        this.epoch = epoch;
        this.mode = mode;
        this.expiresAt = expiresAt;
    }

    /** Whether the caller is the current writer; null claims nothing. */
    boolean isWrittenBy(@Nullable Long callersEpoch) {
        return callersEpoch == null || callersEpoch == epoch;
    }

    /**
     * Counts one append and says where it begins.
     *
     * @param tokenUsage the last that its items tell; null if they tell none
     */
    long grow(int items, long bytes, @Nullable String tokenUsage) {
        var first = nextOrdinal;
        nextOrdinal += items;
        newAppends++;
        newItems += items;
        newBytes += bytes;
        newTokenUsage = tokenUsage == null ? newTokenUsage : tokenUsage;
        return first;
    }

    long key() {
        return key;
    }

    boolean hasFirstUserMessage() {
        return hasFirstUserMessage;
    }

    PersistenceMode mode() {
        return mode;
    }

    long expiresAt() {
        return expiresAt;
    }

    long nextOrdinal() {
        return nextOrdinal;
    }

    long newAppends() {
        return newAppends;
    }

    long newItems() {
        return newItems;
    }

    @Nullable
    String newTokenUsage() {
        return newTokenUsage;
    }

    long newBytes() {
        return newBytes;
    }
}
