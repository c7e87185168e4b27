-- Answers to requests with an Idempotency-Key, kept for a day and given again. A row without an answer is seen by its own transaction only.
CREATE TABLE idempotency_key (
  tenant          VARCHAR(128) NOT NULL,
  subject         VARCHAR(255) NOT NULL,
  idempotency_key VARCHAR(255) NOT NULL,
  fingerprint     BINARY(32)   NOT NULL COMMENT 'SHA-256 of the request: the same key with another one is refused',
  created_at      BIGINT       NOT NULL,
  status          INT          NULL,
  location        VARCHAR(255) NULL,
  etag            VARCHAR(255) NULL,
  body            LONGTEXT     NULL,
  PRIMARY KEY (tenant, subject, idempotency_key),
  INDEX ix_idempotency_key_created (created_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
