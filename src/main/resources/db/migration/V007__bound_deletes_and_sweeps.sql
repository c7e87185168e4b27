-- Online: a new table, and an index that is built in place while the table is read and written.

-- Deleted threads whose items are still being deleted. The thread's row stays until then, because its items refer to it, but under
-- the tenant '', which no caller has: no query of this or of an earlier release finds it.
CREATE TABLE deleted_thread (
  thread_key BIGINT NOT NULL,
  deleted_at BIGINT NOT NULL,
  items_left BIGINT NOT NULL COMMENT 'as counted when the thread was deleted, less those deleted since',
  PRIMARY KEY (thread_key),
  INDEX ix_deleted_thread_deleted (deleted_at),
  CONSTRAINT fk_deleted_thread_thread FOREIGN KEY (thread_key) REFERENCES thread (thread_key) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- For the sweep of writers whose lease ended long ago, and for the count of those within their lease.
ALTER TABLE live_writer ADD INDEX ix_live_writer_expires (expires_at), ALGORITHM = INPLACE, LOCK = NONE;
