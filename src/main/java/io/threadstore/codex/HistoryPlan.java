package io.threadstore.codex;

import com.fasterxml.jackson.databind.JsonNode;
import io.threadstore.rollout.RolloutItem;
import io.threadstore.thread.ThreadId;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Set;

/**
 * Which items of a long history stay away so that the rest fits. Nothing that the model's context is rebuilt from is left out, nor what
 * tells the turns apart. In this order, within each step the oldest first, and no more than is needed:
 *
 * <ol>
 *   <li>copies of the thread's own {@code session_meta}, which patches append, between the first and the last; also the
 * last that tells of
 *       git stays
 *   <li>token counts but the last, and the last that holds any
 *   <li>reasoning events, which repeat reasoning items
 *   <li>what a compaction has replaced: messages, calls and the like before the last compaction with a replacement history that no
 *       rollback has undone. The compactions themselves stay: Codex may be about to roll one back
 *   <li>results of tools as events, which repeat the tools' output items
 *   <li>the agent's messages as events, which repeat its message items
 * </ol>
 */
final class HistoryPlan {

    private static final Set<String> REASONING = Set.of("agent_reasoning", "agent_reasoning_raw_content");
    private static final Set<String> TOOL_RESULTS =
            Set.of("patch_apply_end", "mcp_tool_call_end", "web_search_end", "image_generation_end");
    private static final Set<String> BEGINNINGS = Set.of("task_started", "turn_started");
    private static final String TOKEN_COUNT = "token_count";
    private static final String COMPACTED = "compacted";
    private static final int NONE = -1;
    private static final int INITIAL_ITEMS = 256;

    private enum Step {
        COPIES,
        TOKENS,
        REASONING,
        REPLACED,
        TOOL_RESULTS,
        AGENT_MESSAGES,
        NEVER
    }

    private static final Step[] STEPS = Step.values();

    private final String threadId;

    /** Of each item its step and its length: there may be two million of them. */
    private byte[] steps = new byte[INITIAL_ITEMS];

    private int[] lengths = new int[INITIAL_ITEMS];
    private int size;
    private long bytes;
    private long neededBytes;
    private int firstCopy = NONE;
    private int lastCopy = NONE;
    private int lastGit = NONE;
    private int lastTokens = NONE;
    private int lastUsage = NONE;
    private int lastCompaction = NONE;
    /** Turns in which the user spoke, since the last compaction; those that begin without a mark are not counted, so as not to err. */
    private long turnsSince;

    private boolean isTurnOpen;

    /** @param threadId of the thread whose history it is */
    HistoryPlan(ThreadId threadId) {
        this.threadId = threadId.toString();
    }

    /** Takes note of the next item. */
    void add(RolloutItem item, JsonNode payload, int itemBytes) {
        follow(item, payload);
        var step = stepOf(item, payload);
        if (size == lengths.length) {
            steps = Arrays.copyOf(steps, 2 * size);
            lengths = Arrays.copyOf(lengths, 2 * size);
        }
        steps[size] = (byte) step.ordinal();
        lengths[size] = itemBytes;
        size++;
        bytes += itemBytes;
        neededBytes += step == Step.NEVER ? itemBytes : 0;
    }

    /** How many bytes those items have that can't be left out whatever follows. */
    long neededBytes() {
        return neededBytes;
    }

    /** How many items were added. */
    int size() {
        return size;
    }

    /** How many bytes all items have that were added. */
    long bytes() {
        return bytes;
    }

    private void follow(RolloutItem item, JsonNode payload) {
        var event = item.type().equals(RolloutItem.EVENT_MSG) ? item.subtype() : null;
        if (isOwnMeta(item, payload)) {
            firstCopy = firstCopy == NONE ? size : firstCopy;
            lastCopy = size;
            lastGit = payload.path("git").isObject() ? size : lastGit;
        } else if (item.type().equals(COMPACTED)
                && payload.path("replacement_history").isArray()) {
            lastCompaction = size;
            turnsSince = 0;
            isTurnOpen = false;
        } else if (event == null) {
            return;
        } else if (BEGINNINGS.contains(event)) {
            isTurnOpen = true;
        } else if (event.equals(RolloutItem.USER_MESSAGE) && isTurnOpen) {
            isTurnOpen = false;
            turnsSince++;
        } else if (event.equals("thread_rolled_back")) {
            rollBack(payload.path("num_turns").asLong());
        } else if (event.equals(TOKEN_COUNT)) {
            lastTokens = size;
            lastUsage = payload.path("info").isObject() ? size : lastUsage;
        }
    }

    private void rollBack(long turns) {
        turnsSince -= turns;
        isTurnOpen = false;
        if (turnsSince < 0) {
            // the compaction itself may have been undone; which one counts then is not worth knowing
            lastCompaction = NONE;
            turnsSince = 0;
        }
    }

    /** A fork's history also holds those of its ancestors, which all stay. */
    private boolean isOwnMeta(RolloutItem item, JsonNode payload) {
        return item.type().equals(RolloutItem.SESSION_META)
                && threadId.equalsIgnoreCase(payload.path("id").asText());
    }

    private Step stepOf(RolloutItem item, JsonNode payload) {
        if (isOwnMeta(item, payload)) {
            return firstCopy == size ? Step.NEVER : Step.COPIES;
        }
        if (item.type().equals("response_item")) {
            return Step.REPLACED;
        }
        var event = item.subtype();
        if (!item.type().equals(RolloutItem.EVENT_MSG) || event == null) {
            return Step.NEVER;
        }
        if (event.equals(TOKEN_COUNT)) {
            return Step.TOKENS;
        }
        if (REASONING.contains(event)) {
            return Step.REASONING;
        }
        if (TOOL_RESULTS.contains(event)) {
            return Step.TOOL_RESULTS;
        }
        return event.equals("agent_message") ? Step.AGENT_MESSAGES : Step.NEVER;
    }

    /**
     * The items to leave out so that the rest has no more bytes than this, by their numbers in the order in which they
     * were added, from 0; all that may be left out, where even that is not enough.
     */
    BitSet leaveOut(long maxBytes) {
        var leftOut = new BitSet(size);
        var rest = bytes;
        for (var step : STEPS) {
            for (var i = 0; i < size && rest > maxBytes; i++) {
                if (steps[i] == step.ordinal() && mayGo(i, step)) {
                    leftOut.set(i);
                    rest -= lengths[i];
                }
            }
        }
        return leftOut;
    }

    private boolean mayGo(int index, Step step) {
        return switch (step) {
            case COPIES -> index != lastCopy && index != lastGit;
            case TOKENS -> index != lastTokens && index != lastUsage;
            case REPLACED -> index < lastCompaction;
            case NEVER -> false;
            default -> true;
        };
    }
}
