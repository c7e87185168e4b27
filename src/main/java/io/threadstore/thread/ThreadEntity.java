package io.threadstore.thread;

import io.threadstore.platform.JsonText;
import jakarta.persistence.Column;
import jakarta.persistence.Embedded;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.UUID;
import org.hibernate.annotations.DynamicUpdate;
import org.jspecify.annotations.Nullable;

/** A row of {@code thread}. */
@Entity
@Table(name = "thread")
@DynamicUpdate
class ThreadEntity {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    @Column(name = "thread_key")
    private @Nullable Long key;

    @Column(name = "tenant", nullable = false, updatable = false)
    private String tenant;

    @Column(name = "thread_id", nullable = false, updatable = false)
    private UUID threadId;

    @Enumerated(EnumType.STRING)
    @Column(name = "state", nullable = false, columnDefinition = "varchar(16)")
    private ThreadState state;

    @Column(name = "epoch", nullable = false)
    private long epoch;

    @Column(name = "version", nullable = false)
    private long version;

    @Column(name = "next_ordinal", nullable = false)
    private long nextOrdinal;

    @Column(name = "item_count", nullable = false)
    private long itemCount;

    @Column(name = "byte_count", nullable = false)
    private long byteCount;

    @Enumerated(EnumType.STRING)
    @Column(name = "persistence_mode", nullable = false, columnDefinition = "varchar(16)")
    private PersistenceMode persistenceMode;

    @Column(name = "created_at", nullable = false)
    private long createdAt;

    @Column(name = "updated_at", nullable = false)
    private long updatedAt;

    @Column(name = "materialized_at")
    private @Nullable Long materializedAt;

    @Column(name = "archived_at")
    private @Nullable Long archivedAt;

    @Column(name = "lazy_since")
    private @Nullable Long lazySince;

    @Column(name = "pending_session_meta", columnDefinition = "longtext")
    private byte @Nullable [] pendingSessionMeta;

    @Column(name = "has_learned", nullable = false)
    private boolean hasLearned;

    @Embedded
    private ThreadSummary summary;

    /** For Hibernate. */
    @SuppressWarnings("NullAway")
    protected ThreadEntity() {}

    /** A thread that readers see at once and that holds no items yet. */
    ThreadEntity(
            String tenant,
            ThreadId threadId,
            PersistenceMode persistenceMode,
            Instant createdAt,
            Instant now,
            ThreadSummary summary) {
        this.tenant = tenant;
        this.threadId = threadId.value();
        this.state = ThreadState.ACTIVE;
        this.persistenceMode = persistenceMode;
        this.createdAt = createdAt.toEpochMilli();
        this.updatedAt = now.toEpochMilli();
        this.materializedAt = now.toEpochMilli();
        this.version = 1;
        this.summary = summary;
    }

    /** Makes a new thread lazy: item 0 waits, ordinals go on from 1. */
    void becomeLazy(JsonText sessionMeta) {
        state = ThreadState.LAZY;
        materializedAt = null;
        lazySince = createdAt;
        pendingSessionMeta = sessionMeta.toBytes();
        nextOrdinal = 1;
    }

    /** For a thread that is only rehearsed: it has no row. */
    void isNeverStored() {
        key = 0L;
    }

    void materialize(Instant now) {
        state = ThreadState.ACTIVE;
        materializedAt = now.toEpochMilli();
        lazySince = null;
        pendingSessionMeta = null;
        touch(now);
    }

    void archive(Instant now) {
        state = ThreadState.ARCHIVED;
        archivedAt = now.toEpochMilli();
        version++;
    }

    void unarchive(Instant now) {
        state = ThreadState.ACTIVE;
        archivedAt = null;
        touch(now);
    }

    void grow(long items, long bytes, long newNextOrdinal, Instant now) {
        itemCount += items;
        byteCount += bytes;
        nextOrdinal = newNextOrdinal;
        touch(now);
    }

    void touch(Instant now) {
        updatedAt = Math.max(updatedAt, now.toEpochMilli());
        version++;
    }

    void learned() {
        hasLearned = true;
        version++;
    }

    long nextEpoch(PersistenceMode mode) {
        if (persistenceMode != mode) {
            persistenceMode = mode;
            version++;
        }
        return ++epoch;
    }

    long key() {
        if (key == null) {
            throw new IllegalStateException("not stored yet");
        }
        return key;
    }

    ThreadId threadId() {
        return new ThreadId(threadId);
    }

    ThreadState state() {
        return state;
    }

    long epoch() {
        return epoch;
    }

    long nextOrdinal() {
        return nextOrdinal;
    }

    long itemCount() {
        return itemCount;
    }

    long byteCount() {
        return byteCount;
    }

    PersistenceMode persistenceMode() {
        return persistenceMode;
    }

    Instant createdAt() {
        return Instant.ofEpochMilli(createdAt);
    }

    Instant updatedAt() {
        return Instant.ofEpochMilli(updatedAt);
    }

    byte @Nullable [] pendingSessionMeta() {
        return pendingSessionMeta;
    }

    ThreadSummary summary() {
        return summary;
    }

    StoredThread toStored(String defaultProvider) {
        return new StoredThread(
                key(),
                threadId(),
                state,
                version,
                epoch,
                persistenceMode,
                itemCount,
                byteCount,
                nextOrdinal,
                createdAt(),
                Instant.ofEpochMilli(updatedAt),
                archivedAt == null ? null : Instant.ofEpochMilli(archivedAt),
                StoredThread.Summary.of(summary, defaultProvider));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ThreadEntity that && key != null && key.equals(that.key);
    }

    @Override
    public int hashCode() {
        return ThreadEntity.class.hashCode();
    }
}
