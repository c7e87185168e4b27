-- What kind of user began a thread, as session_meta and session_configured say it (Codex 0.129: user, subagent, ...).
ALTER TABLE thread ADD COLUMN thread_source VARCHAR(255) NULL AFTER source_depth;

-- Threads that are here already: from the item that would have taught it. An item that MariaDB's JSON functions can't read (a lone
-- surrogate, 32 levels of nesting) teaches nothing; they would end the migration, so they are not asked.
UPDATE thread JOIN rollout_item USING (thread_key)
   SET thread.thread_source = CASE WHEN JSON_VALID(rollout_item.item)
       THEN NULLIF(LEFT(JSON_VALUE(rollout_item.item, '$.payload.thread_source'), 255), '') END
 WHERE rollout_item.ordinal = 0
   AND rollout_item.type = 'session_meta'
   AND CASE WHEN JSON_VALID(rollout_item.item)
       THEN JSON_TYPE(JSON_EXTRACT(rollout_item.item, '$.payload.thread_source')) = 'STRING' ELSE FALSE END;
