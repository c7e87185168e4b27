-- The store's four tables. Every time is in milliseconds since 1970-01-01T00:00:00Z: exact, and the same in every zone.
-- utf8mb4_nopad_bin: words, ids and paths are compared by their code points, trailing spaces included.

CREATE TABLE thread (
  thread_key           BIGINT        NOT NULL AUTO_INCREMENT,
  tenant               VARCHAR(128)  NOT NULL,
  thread_id            UUID          NOT NULL,
  state                VARCHAR(16)   NOT NULL,
  -- life cycle and history
  epoch                BIGINT        NOT NULL,
  version              BIGINT        NOT NULL,
  next_ordinal         BIGINT        NOT NULL,
  item_count           BIGINT        NOT NULL,
  byte_count           BIGINT        NOT NULL,
  persistence_mode     VARCHAR(16)   NOT NULL,
  created_at           BIGINT        NOT NULL,
  updated_at           BIGINT        NOT NULL,
  materialized_at      BIGINT        NULL,
  archived_at          BIGINT        NULL,
  lazy_since           BIGINT        NULL COMMENT 'creation time while the thread is lazy; the sweep looks here',
  pending_session_meta LONGTEXT      NULL COMMENT 'item 0 of a lazy thread, until it is materialised',
  -- the summary, derived from the items
  session_id           UUID          NULL,
  forked_from_id       UUID          NULL,
  parent_thread_id     UUID          NULL,
  name                 VARCHAR(500)  NULL,
  first_user_message   VARCHAR(2000) NULL,
  source_kind          VARCHAR(64)   NOT NULL,
  source_label         VARCHAR(255)  NULL,
  source_parent_id     UUID          NULL,
  source_depth         INT           NULL,
  originator           VARCHAR(255)  NULL,
  cli_version          VARCHAR(255)  NULL,
  model_provider       VARCHAR(255)  NULL,
  model                VARCHAR(255)  NULL,
  reasoning_effort     VARCHAR(255)  NULL,
  cwd                  VARCHAR(4096) NULL,
  git_sha              VARCHAR(255)  NULL,
  git_branch           VARCHAR(500)  NULL,
  git_origin_url       VARCHAR(2048) NULL,
  memory_mode          VARCHAR(16)   NOT NULL,
  agent_nickname       VARCHAR(255)  NULL,
  agent_role           VARCHAR(255)  NULL,
  agent_path           VARCHAR(255)  NULL,
  approval_mode        TEXT          NULL COMMENT 'JSON as last seen',
  sandbox_policy       TEXT          NULL COMMENT 'JSON as last seen',
  token_usage          TEXT          NULL COMMENT 'JSON as last seen',
  PRIMARY KEY (thread_key),
  CONSTRAINT uq_thread_tenant_id UNIQUE (tenant, thread_id),
  CONSTRAINT ck_thread_state CHECK (
       (state = 'LAZY' AND materialized_at IS NULL AND archived_at IS NULL AND lazy_since IS NOT NULL)
    OR (state = 'ACTIVE' AND materialized_at IS NOT NULL AND archived_at IS NULL AND lazy_since IS NULL)
    OR (state = 'ARCHIVED' AND materialized_at IS NOT NULL AND archived_at IS NOT NULL AND lazy_since IS NULL)),
  -- a page of a list is one range of one of these
  INDEX ix_thread_created (tenant, state, created_at, thread_key),
  INDEX ix_thread_updated (tenant, state, updated_at, thread_key),
  INDEX ix_thread_lazy (lazy_since)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- The clustered index is the history: a read is one range, an append is at its thread's right edge.
CREATE TABLE rollout_item (
  thread_key  BIGINT       NOT NULL,
  ordinal     BIGINT       NOT NULL,
  recorded_at BIGINT       NOT NULL,
  type        VARCHAR(128) NOT NULL,
  subtype     VARCHAR(128) NULL,
  byte_length INT          NOT NULL COMMENT 'of item, in UTF-8; a page is cut by it before its texts are read',
  -- no JSON check: MariaDB's refuses lone surrogates and 32 levels of nesting
  item        LONGTEXT     NOT NULL,
  PRIMARY KEY (thread_key, ordinal),
  CONSTRAINT fk_rollout_item_thread FOREIGN KEY (thread_key) REFERENCES thread (thread_key) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

CREATE TABLE metadata_patch (
  patch_key  BIGINT       NOT NULL AUTO_INCREMENT,
  thread_key BIGINT       NOT NULL,
  field      VARCHAR(32)  NOT NULL,
  value      TEXT         NOT NULL COMMENT 'JSON, as applied',
  applied_at BIGINT       NOT NULL,
  applied_by VARCHAR(255) NOT NULL,
  ordinal    BIGINT       NULL COMMENT 'of the item that the patch appended',
  PRIMARY KEY (patch_key),
  CONSTRAINT uq_metadata_patch_ordinal UNIQUE (thread_key, ordinal),
  CONSTRAINT fk_metadata_patch_thread FOREIGN KEY (thread_key) REFERENCES thread (thread_key) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

CREATE TABLE live_writer (
  thread_key       BIGINT       NOT NULL,
  epoch            BIGINT       NOT NULL,
  persistence_mode VARCHAR(16)  NOT NULL,
  opened_at        BIGINT       NOT NULL,
  expires_at       BIGINT       NOT NULL,
  holder           VARCHAR(255) NOT NULL,
  PRIMARY KEY (thread_key),
  CONSTRAINT fk_live_writer_thread FOREIGN KEY (thread_key) REFERENCES thread (thread_key) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
