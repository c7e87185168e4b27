package io.threadstore.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import io.threadstore.testsupport.Items;
import io.threadstore.thread.PersistenceMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PersistencePolicyTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "user_message",
                "agent_message",
                "agent_reasoning",
                "agent_reasoning_raw_content",
                "context_compacted",
                "entered_review_mode",
                "exited_review_mode",
                "image_generation_end",
                "token_count",
                "thread_rolled_back",
                "turn_aborted",
                "task_started",
                "task_complete",
                "turn_started",
                "turn_complete",
                "patch_apply_end",
                "mcp_tool_call_end",
                "web_search_end",
                "an_event_of_the_future",
                "thread_settings_applied",
            })
    void keptInBothModes(String event) {
        assertThat(kept(event, PersistenceMode.LIMITED)).isTrue();
        assertThat(kept(event, PersistenceMode.EXTENDED)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
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
                "dynamic_tool_call_response",
            })
    void keptInExtendedModeOnly(String event) {
        assertThat(kept(event, PersistenceMode.LIMITED)).isFalse();
        assertThat(kept(event, PersistenceMode.EXTENDED)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "exec_command_begin",
                "patch_apply_begin",
                "agent_message_delta",
                "agent_message_content_delta",
                "reasoning_raw_content_delta",
                "warning",
                "raw_response_item",
                "session_configured",
                "item_started",
                "item_completed",
                "exec_approval_request",
                "apply_patch_approval_request",
                "mcp_startup_update",
                "mcp_startup_complete",
                "hook_started",
                "stream_error",
                "plan_update",
                "turn_diff",
                "shutdown_complete",
                "skills_update_available",
                "model_reroute",
                "realtime_conversation_started",
                "thread_goal_updated",
                "thread_name_updated",
                "undo_completed",
            })
    void dropped(String event) {
        assertThat(kept(event, PersistenceMode.LIMITED)).isFalse();
        assertThat(kept(event, PersistenceMode.EXTENDED)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"type\":\"session_meta\",\"payload\":{}}",
                "{\"type\":\"turn_context\",\"payload\":{\"type\":\"warning\"}}",
                "{\"type\":\"compacted\",\"payload\":{}}",
                "{\"type\":\"response_item\",\"payload\":{\"type\":\"message\"}}",
                "{\"type\":\"response_item\",\"payload\":{\"type\":\"of_the_future\"}}",
                "{\"type\":\"world_state\",\"payload\":{}}",
                "{\"type\":\"event_msg\",\"payload\":{}}",
                "{\"type\":\"event_msg\",\"payload\":{\"type\":7}}",
                "{\"type\":\"event_msg\",\"payload\":{\"type\":\"item_completed\",\"item\":{\"type\":\"Plan\"}}}",
            })
    void alwaysKept(String item) {
        assertThat(PersistencePolicy.keeps(PersistenceMode.LIMITED, TestReader.read(item)))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"type\":\"Reasoning\"}", "{}", "\"Plan\"", "null", "{\"type\":[\"Plan\"]}"})
    void completedItemsThatAreNoPlansAreDropped(String completed) {
        var item = TestReader.read(Items.event("item_completed", "\"item\":" + completed));

        assertThat(PersistencePolicy.keeps(PersistenceMode.EXTENDED, item)).isFalse();
    }

    private static boolean kept(String event, PersistenceMode mode) {
        return PersistencePolicy.keeps(mode, TestReader.read(Items.event(event, "\"a\":{\"type\":\"x\"}")));
    }
}
