package io.threadstore.codex;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.threadstore.rollout.RolloutItem;
import io.threadstore.rollout.TestReader;
import io.threadstore.testsupport.Items;
import io.threadstore.thread.ThreadId;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Which items go first when a history is too long: each here counts one byte. */
class HistoryPlanTest {

    private static final String COMPACTED =
            "{\"type\":\"compacted\",\"payload\":{\"message\":\"m\",\"replacement_history\":[]}}";
    private static final String COMPACTED_AS_OF_OLD = "{\"type\":\"compacted\",\"payload\":{\"message\":\"m\"}}";
    private static final String REASONING = Items.event("agent_reasoning", "\"text\":\"t\"");
    private static final String TOOL = Items.event("mcp_tool_call_end", "\"call_id\":\"1\"");
    private static final String TOKENS = Items.event("token_count", "\"info\":null");

    private static final ThreadId THREAD = new ThreadId(UUID.randomUUID());

    private final HistoryPlan plan = new HistoryPlan(THREAD);

    @Test
    void stepsFollowEachOtherAndTheOldestGoFirst() {
        add(Items.agentMessage("0"), TOOL, Items.responseItem("2"), REASONING, TOKENS, COMPACTED, REASONING, TOKENS);

        assertThat(leftOut(8)).isEmpty();
        assertThat(leftOut(7)).containsExactly(4L);
        assertThat(leftOut(6)).containsExactlyInAnyOrder(4L, 3L);
        assertThat(leftOut(5)).containsExactlyInAnyOrder(4L, 3L, 6L);
        assertThat(leftOut(4)).containsExactlyInAnyOrder(4L, 3L, 6L, 2L);
        assertThat(leftOut(3)).containsExactlyInAnyOrder(4L, 3L, 6L, 2L, 1L);
        assertThat(leftOut(0)).containsExactlyInAnyOrder(4L, 3L, 6L, 2L, 1L, 0L);
    }

    @Test
    void whatTheModelsContextAndTheTurnsNeedStays() {
        add(
                Items.sessionMeta(UUID.randomUUID()),
                "{\"type\":\"turn_context\",\"payload\":{}}",
                started(),
                Items.userMessage("x"),
                Items.responseItem("x"),
                Items.event("task_complete", ""),
                Items.event("turn_aborted", ""),
                Items.event("thread_rolled_back", "\"num_turns\":0"),
                Items.event("context_compacted", ""),
                Items.event("entered_review_mode", ""),
                Items.event("item_completed", "\"item\":{\"type\":\"Plan\"}"),
                COMPACTED,
                TOKENS);

        assertThat(leftOut(0)).as("only the message that was compacted").containsExactly(4L);
        assertThat(plan.bytes()).isEqualTo(13);
        assertThat(plan.neededBytes())
                .as("but for messages, which a compaction can replace, and token counts")
                .isEqualTo(11);
    }

    @Test
    void compactionWithoutAReplacementReplacesNothing() {
        add(Items.responseItem("0"), COMPACTED_AS_OF_OLD, Items.responseItem("2"));

        assertThat(leftOut(0)).isEmpty();
    }

    /** A rollback that Codex is about to append may undo the last one. */
    @Test
    void olderCompactionsStay() {
        add(Items.responseItem("0"), COMPACTED, Items.responseItem("2"), COMPACTED, Items.responseItem("4"));

        assertThat(leftOut(0)).containsExactlyInAnyOrder(0L, 2L);
    }

    /** From it Codex knows how full the model's context is; a count without info tells nothing of that. */
    @Test
    void lastCountThatHoldsAnythingStays() {
        var usage = Items.event("token_count", "\"info\":{}");
        add(usage, usage, TOKENS, TOKENS);

        assertThat(leftOut(0)).containsExactlyInAnyOrder(0L, 2L);
    }

    @Test
    void compactionCountsAsLongAsNoRollbackReachesIt() {
        add(Items.responseItem("0"), COMPACTED);
        turn();
        turn();
        rollBack(2);
        assertThat(leftOut(0)).containsExactly(0L);

        turn();
        rollBack(2);
        assertThat(leftOut(0)).as("the second turn back is the compaction's").isEmpty();
    }

    /** Codex counts a turn once however often the user speaks in it, and so does this: to count it twice would err. */
    @Test
    void turnIsCountedOnceHoweverOftenTheUserSpeaks() {
        add(Items.responseItem("0"), COMPACTED, started(), Items.userMessage("a"), Items.userMessage("b"));
        rollBack(2);

        assertThat(leftOut(0)).isEmpty();
    }

    /**
     * A patch of the memory mode or of git appends a copy, which is as long as the base instructions and the tools are.
     */
    @Test
    void ownCopies_betweenFirstAndLast_goFirst() {
        var ancestor = Items.sessionMeta(UUID.randomUUID());
        add(meta(""), ancestor, REASONING, meta(",\"git\":{}"), meta(""), meta(",\"git\":{}"), meta(""), meta(""));

        assertThat(leftOut(7)).containsExactly(3L);
        assertThat(leftOut(5)).containsExactly(3L, 4L, 6L);
        assertThat(leftOut(0))
                .as("the first, the last, the last with git and those of others stay")
                .containsExactly(2L, 3L, 4L, 6L);
    }

    private static String meta(String more) {
        return "{\"type\":\"session_meta\",\"payload\":{\"id\":\"%s\"%s}}".formatted(THREAD, more);
    }

    private List<Long> leftOut(long maxBytes) {
        return plan.leaveOut(maxBytes).stream().mapToObj(Long::valueOf).toList();
    }

    private void turn() {
        add(started(), Items.userMessage("x"));
    }

    private void rollBack(int turns) {
        add(Items.event("thread_rolled_back", "\"num_turns\":" + turns));
    }

    private static String started() {
        return Items.event("task_started", "\"turn_id\":\"1\"");
    }

    private void add(String... texts) {
        for (var text : texts) {
            RolloutItem item = TestReader.read(text);
            try {
                plan.add(item, new ObjectMapper().readTree(item.payload().toString()), 1);
            } catch (JsonProcessingException e) {
                throw new AssertionError(e);
            }
        }
    }
}
