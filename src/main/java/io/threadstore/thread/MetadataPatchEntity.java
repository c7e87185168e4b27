package io.threadstore.thread;

import io.threadstore.platform.JsonText;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import org.hibernate.annotations.Immutable;
import org.jspecify.annotations.Nullable;

/** A row of {@code metadata_patch}: the audit trail of what callers changed. */
@Entity
@Immutable
@Table(name = "metadata_patch")
class MetadataPatchEntity {

    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    @Column(name = "patch_key")
    private @Nullable Long key;

    @Column(name = "thread_key", nullable = false)
    private long threadKey;

    @Column(name = "field", nullable = false, length = 32)
    private String field;

    @Column(name = "value", nullable = false, columnDefinition = "text")
    private String value;

    @Column(name = "applied_at", nullable = false)
    private long appliedAt;

    @Column(name = "applied_by", nullable = false)
    private String appliedBy;

    @Column(name = "ordinal")
    private @Nullable Long ordinal;

    /** For Hibernate. */
    protected MetadataPatchEntity() {}

    MetadataPatchEntity(long threadKey, AppliedPatch patch) {
        this.threadKey = threadKey;
        this.field = patch.field();
        this.value = patch.value().toString();
        this.appliedAt = patch.appliedAt().toEpochMilli();
        this.appliedBy = patch.appliedBy();
        this.ordinal = patch.ordinal();
    }

    long key() {
        if (key == null) {
            throw new IllegalStateException("not stored yet");
        }
        return key;
    }

    AppliedPatch toApplied() {
        return new AppliedPatch(field, JsonText.of(value), Instant.ofEpochMilli(appliedAt), appliedBy, ordinal);
    }
}
