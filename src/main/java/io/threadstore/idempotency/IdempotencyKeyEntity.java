package io.threadstore.idempotency;

import io.threadstore.platform.Caller;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.io.Serializable;
import java.time.Instant;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A row of {@code idempotency_key}: who sent which key with what, and the answer. Only the transaction that answers sees it without one. */
@Entity
@Table(name = "idempotency_key")
@IdClass(IdempotencyKeyEntity.Key.class)
class IdempotencyKeyEntity {

    @Id
    @Column(name = "tenant", nullable = false)
    private String tenant;

    @Id
    @Column(name = "subject", nullable = false)
    private String subject;

    @Id
    @Column(name = "idempotency_key", nullable = false)
    private String idempotencyKey;

    @Column(name = "fingerprint", nullable = false, columnDefinition = "binary(32)")
    private byte[] fingerprint;

    @Column(name = "created_at", nullable = false)
    private long createdAt;

    @Column(name = "status")
    private @Nullable Integer status;

    @Column(name = "location")
    private @Nullable String location;

    @Column(name = "etag")
    private @Nullable String etag;

    @Column(name = "body", columnDefinition = "longtext")
    private @Nullable String body;

    /** For Hibernate. */
    protected IdempotencyKeyEntity() {}

    IdempotencyKeyEntity(Key key, byte[] fingerprint, Instant now) {
        this.tenant = key.tenant;
        this.subject = key.subject;
        this.idempotencyKey = key.idempotencyKey;
        this.fingerprint = fingerprint.clone();
        this.createdAt = now.toEpochMilli();
    }

    boolean isOlderThan(Instant time) {
        return createdAt < time.toEpochMilli();
    }

    boolean isFor(byte[] other) {
        return Arrays.equals(fingerprint, other);
    }

    void keep(FirstAnswer answer) {
        status = answer.status();
        location = answer.location();
        etag = answer.etag();
        body = answer.body();
    }

    FirstAnswer replay() {
        return new FirstAnswer(Objects.requireNonNull(status), location, etag, Objects.requireNonNull(body), true);
    }

    /** What a key is unique within: callers share nothing by accident. */
    static class Key implements Serializable {

        private static final long serialVersionUID = 1L;

        private String tenant;
        private String subject;
        private String idempotencyKey;

        /** For Hibernate. */
        protected Key() {}

        Key(Caller caller, String idempotencyKey) {
            this.tenant = caller.tenant();
            this.subject = caller.subject();
            this.idempotencyKey = idempotencyKey;
        }

        String tenant() {
            return tenant;
        }

        String subject() {
            return subject;
        }

        String idempotencyKey() {
            return idempotencyKey;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Key key
                    && tenant.equals(key.tenant)
                    && subject.equals(key.subject)
                    && idempotencyKey.equals(key.idempotencyKey);
        }

        @Override
        public int hashCode() {
            return Objects.hash(tenant, subject, idempotencyKey);
        }
    }
}
