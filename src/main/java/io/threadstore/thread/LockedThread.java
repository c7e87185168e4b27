package io.threadstore.thread;

import io.threadstore.platform.JsonText;
import java.time.Instant;
import java.util.Optional;

/**
 * A thread's row, locked until the transaction ends: whoever holds one is alone in changing the thread. Changes are written
 * when the transaction commits.
 */
public final class LockedThread {

    private final ThreadEntity entity;
    private final ThreadRows rows;

    LockedThread(ThreadEntity entity, ThreadRows rows) {
        this.entity = entity;
        this.rows = rows;
    }

    /** The internal key, by which the thread's other rows are reached. */
    public long key() {
        return entity.key();
    }

    public ThreadId threadId() {
        return entity.threadId();
    }

    public boolean isLazy() {
        return entity.state() == ThreadState.LAZY;
    }

    public boolean isArchived() {
        return entity.state() == ThreadState.ARCHIVED;
    }

    /** Whether any item is stored, visible or not. */
    public boolean holdsItems() {
        return entity.itemCount() > 0;
    }

    public long nextOrdinal() {
        return entity.nextOrdinal();
    }

    public long epoch() {
        return entity.epoch();
    }

    public PersistenceMode persistenceMode() {
        return entity.persistenceMode();
    }

    public Instant createdAt() {
        return entity.createdAt();
    }

    /** The summary, to be changed in place. */
    public ThreadSummary summary() {
        return entity.summary();
    }

    /** Item 0 of a lazy thread, as it will be written. */
    public Optional<JsonText> pendingSessionMeta() {
        return Optional.ofNullable(entity.pendingSessionMeta()).map(JsonText::of);
    }

    /** Counts items that this transaction stores. */
    public void grow(long items, long bytes, long newNextOrdinal, Instant now) {
        entity.grow(items, bytes, newNextOrdinal, now);
    }

    /** Says that the summary has changed by an event that is not stored. */
    public void learned() {
        entity.learned();
    }

    /** Makes a lazy thread visible; its item 0 is the caller's to store. */
    public void materialize(Instant now) {
        entity.materialize(now);
    }

    /** Puts the thread away; the update time stays. */
    public void archive(Instant now) {
        entity.archive(now);
    }

    public void unarchive(Instant now) {
        entity.unarchive(now);
    }

    /** The epoch of a new writer: one more than the last one's. */
    public long nextEpoch(PersistenceMode mode) {
        return entity.nextEpoch(mode);
    }

    /** Removes the thread with its items, patches and writer. */
    public void delete() {
        rows.delete(entity);
    }

    /** The thread as readers see it once this transaction commits. */
    public StoredThread toStored() {
        return rows.toStored(entity);
    }
}
