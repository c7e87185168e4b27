package io.threadstore.writer;

import io.threadstore.thread.PersistenceMode;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import org.hibernate.annotations.DynamicUpdate;

/** A row of {@code live_writer}; it is there as long as the writer is. */
@Entity
@Table(name = "live_writer")
@DynamicUpdate
class LiveWriterEntity {

    @Id
    @Column(name = "thread_key", nullable = false)
    private long threadKey;

    @Column(name = "epoch", nullable = false)
    private long epoch;

    @Enumerated(EnumType.STRING)
    @Column(name = "persistence_mode", nullable = false, columnDefinition = "varchar(16)")
    private PersistenceMode persistenceMode;

    @Column(name = "opened_at", nullable = false)
    private long openedAt;

    @Column(name = "expires_at", nullable = false)
    private long expiresAt;

    @Column(name = "holder", nullable = false)
    private String holder;

    /** For Hibernate. */
    protected LiveWriterEntity() {}

    LiveWriterEntity(
            long threadKey, long epoch, PersistenceMode persistenceMode, Instant now, Instant expires, String holder) {
        this.threadKey = threadKey;
        open(epoch, persistenceMode, now, expires, holder);
    }

    /** A new writer in the place of the old one. */
    final void open(long newEpoch, PersistenceMode mode, Instant now, Instant expires, String newHolder) {
        epoch = newEpoch;
        persistenceMode = mode;
        openedAt = now.toEpochMilli();
        expiresAt = expires.toEpochMilli();
        holder = newHolder;
    }

    void renew(Instant expires) {
        expiresAt = Math.max(expiresAt, expires.toEpochMilli());
    }

    LiveWriter toLiveWriter() {
        return new LiveWriter(epoch, persistenceMode, Instant.ofEpochMilli(openedAt), Instant.ofEpochMilli(expiresAt));
    }
}
