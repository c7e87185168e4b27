package io.threadstore.rollout;

import io.threadstore.thread.PersistenceMode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which appended items are kept: the persistence policy of Codex 0.129 (Codex notes, 4.3), as a table. What the table does not
 * name is kept: item types and event types that come later are nobody's to lose.
 */
public final class PersistencePolicy {

    private enum Verdict {
        /** Kept in both modes. */
        LIMITED,
        /** Kept in extended mode only. */
        EXTENDED,
        /** Kept in neither. */
        DROP
    }

    /** Item types kept whatever is in them: session_meta, turn_context, compacted, response_item, and unknown ones. */
    private static final String POLICED_TYPE = RolloutItem.EVENT_MSG;

    private static final Map<String, Verdict> EVENTS = table(
            row(
                    Verdict.LIMITED,
                    "user_message",
                    "agent_message",
                    "agent_reasoning",
                    "agent_reasoning_raw_content",
                    "context_compacted",
                    "entered_review_mode",
                    "exited_review_mode",
                    "image_generation_end"),
            row(
                    Verdict.LIMITED,
                    "token_count",
                    "thread_rolled_back",
                    "turn_aborted",
                    "task_started",
                    "turn_started", // alias
                    "task_complete",
                    "turn_complete"), // alias
            row(Verdict.LIMITED, "patch_apply_end", "mcp_tool_call_end", "web_search_end"),
            // item_completed: see keeps()
            row(
                    Verdict.EXTENDED,
                    "error",
                    "guardian_assessment",
                    "exec_command_end",
                    "view_image_tool_call",
                    "collab_agent_spawn_end",
                    "collab_agent_interaction_end",
                    "collab_waiting_end",
                    "collab_close_end",
                    "collab_resume_end",
                    "dynamic_tool_call_request",
                    "dynamic_tool_call_response"),
            // types that 0.129 removed; a name is learnt from its event before that is dropped
            row(Verdict.DROP, "thread_name_updated", "undo_completed"),
            row(Verdict.DROP, "thread_goal_updated"),
            row(
                    Verdict.DROP,
                    "warning",
                    "raw_response_item",
                    "session_configured",
                    "item_started",
                    "exec_approval_request",
                    "apply_patch_approval_request",
                    "stream_error",
                    "plan_update",
                    "turn_diff",
                    "shutdown_complete",
                    "skills_update_available",
                    "model_reroute"));

    private static final List<String> DROPPED_PREFIXES = List.of("mcp_startup_", "hook_", "realtime_");
    private static final List<String> DROPPED_SUFFIXES = List.of("_begin", "_delta");

    private static final String ITEM_COMPLETED = "item_completed";
    private static final String PLAN = "Plan";

    private PersistencePolicy() {}

    /** Whether a writer of this mode keeps the item. */
    public static boolean keeps(PersistenceMode mode, RolloutItem item) {
        var event = item.subtype();
        if (!item.type().equals(POLICED_TYPE) || event == null) {
            return true;
        }
        if (event.equals(ITEM_COMPLETED)) {
            return PLAN.equals(item.payloadItemType());
        }
        return switch (verdict(event)) {
            case LIMITED -> true;
            case EXTENDED -> mode == PersistenceMode.EXTENDED;
            case DROP -> false;
        };
    }

    private static Verdict verdict(String event) {
        var named = EVENTS.get(event);
        if (named != null) {
            return named;
        }
        var isDropped = DROPPED_PREFIXES.stream().anyMatch(event::startsWith)
                || DROPPED_SUFFIXES.stream().anyMatch(event::endsWith);
        return isDropped ? Verdict.DROP : Verdict.LIMITED;
    }

    private record Row(Verdict verdict, List<String> events) {}

    private static Row row(Verdict verdict, String... events) {
        return new Row(verdict, List.of(events));
    }

    private static Map<String, Verdict> table(Row... rows) {
        var table = new HashMap<String, Verdict>();
        for (var row : rows) {
            row.events().forEach(event -> table.put(event, row.verdict()));
        }
        return Map.copyOf(table);
    }
}
