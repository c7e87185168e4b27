-- What verification needs. Both columns are added in place, without a look at the rows.

ALTER TABLE rollout_item ADD COLUMN checksum INT UNSIGNED NULL
  COMMENT 'CRC-32C of item; none of items that were stored before there was one';

-- The default is for rows that are there already, and for those of replicas of the release before: nobody knows of them.
ALTER TABLE thread ADD COLUMN has_learned BOOLEAN NOT NULL DEFAULT TRUE
  COMMENT 'whether an event that is not stored may have changed the summary';
