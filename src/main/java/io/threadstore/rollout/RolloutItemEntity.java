package io.threadstore.rollout;

import jakarta.persistence.Column;
import jakarta.persistence.Embeddable;
import jakarta.persistence.EmbeddedId;
import jakarta.persistence.Entity;
import jakarta.persistence.Table;
import org.hibernate.annotations.Immutable;
import org.jspecify.annotations.Nullable;

/** A row of {@code rollout_item}: inserted and read, never changed. */
@Entity
@Immutable
@Table(name = "rollout_item")
class RolloutItemEntity {

    /** The longest type and subtype that a filter can find; longer ones are cut. */
    static final int TYPE_LENGTH = 128;

    @EmbeddedId
    private Id id;

    @Column(name = "recorded_at", nullable = false)
    private long recordedAt;

    @Column(name = "type", nullable = false, length = TYPE_LENGTH)
    private String type;

    @Column(name = "subtype", length = TYPE_LENGTH)
    private @Nullable String subtype;

    @Column(name = "byte_length", nullable = false)
    private int byteLength;

    /** CRC-32C; items of before there was one have none. */
    @Column(name = "checksum", columnDefinition = "int unsigned")
    private @Nullable Long checksum;

    /** Of items that are one line and end with the payload; items of before it was noted have none. */
    @Column(name = "payload_offset")
    private @Nullable Integer payloadOffset;

    /** UTF-8, as bytes: Connector/J would store a lone surrogate of a String as a question mark. */
    @Column(name = "item", nullable = false, columnDefinition = "longtext")
    private byte[] item;

    /** For Hibernate. */
    protected RolloutItemEntity() {}

    /** The clustered key: a thread's items lie together, in order. */
    @Embeddable
    record Id(
            @Column(name = "thread_key", nullable = false) long threadKey,
            @Column(name = "ordinal", nullable = false) long ordinal) {}
}
