-- So that a read need not look for the payload's end in each text. Added in place, without a look at the rows.
ALTER TABLE rollout_item ADD COLUMN payload_offset INT NULL
  COMMENT 'where the payload begins in item, in bytes, if item is one line and ends with it and a brace; none of items stored before, nor of others';
