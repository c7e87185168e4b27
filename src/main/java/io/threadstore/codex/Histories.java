package io.threadstore.codex;

import io.grpc.Status;
import io.threadstore.rollout.ItemViews;
import io.threadstore.rollout.RolloutItem;
import io.threadstore.rollout.RolloutReader;
import io.threadstore.thread.StoredThread;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Histories as every Codex from 0.125 to 0.129 can parse them: one item that it can't fails the whole read, so unknown kinds stay away
 * (REST and exports keep them). Answers stay below the 4 MiB that its client takes; a longer history is reduced, in this order:
 *
 * <ol>
 *   <li>token counts but the last one
 *   <li>reasoning events, which repeat reasoning items
 *   <li>results of tools as events, which repeat the tools' output items
 * </ol>
 *
 * What the model's context and the turns are rebuilt from is never left out; where that alone is too long the call is refused.
 */
@ApplicationScoped
class Histories {

    /** What a client takes in one message, less room for the message around the history. */
    private static final long MAX_BYTES = 4 * 1024 * 1024 - 64 * 1024;

    private static final int ITEM_OVERHEAD = 8;

    private static final Set<String> ITEMS = Set.of("session_meta", "response_item", "turn_context", "compacted");
    private static final Set<String> NEEDED_EVENTS = Set.of(
            "user_message",
            "agent_message",
            "context_compacted",
            "entered_review_mode",
            "exited_review_mode",
            "thread_rolled_back",
            "turn_aborted",
            "task_started",
            "turn_started",
            "task_complete",
            "turn_complete",
            "item_completed");
    private static final Set<String> REASONING = Set.of("agent_reasoning", "agent_reasoning_raw_content");
    private static final Set<String> TOOL_RESULTS =
            Set.of("patch_apply_end", "mcp_tool_call_end", "web_search_end", "image_generation_end");
    private static final String TOKEN_COUNT = "token_count";

    private final RolloutReader reader;
    private final ItemViews views;

    Histories(RolloutReader reader, ItemViews views) {
        this.reader = reader;
        this.views = views;
    }

    /** All items that Codex can parse, each as {@code {"type","payload"}}. */
    List<String> read(StoredThread thread) {
        var kept = new ArrayList<Sent>();
        var neededBytes = 0L;
        for (var next = 0L; next < thread.nextOrdinal(); ) {
            for (var stored : reader.readOn(thread, next).items()) {
                next = stored.ordinal() + 1;
                var item = views.read(stored);
                var use = useOf(item);
                if (use == Use.NEVER) {
                    continue;
                }
                var sent = new Sent(use, text(item));
                kept.add(sent);
                neededBytes += use == Use.NEEDED ? sent.bytes() : 0;
                if (neededBytes > MAX_BYTES) {
                    throw tooLong(thread);
                }
            }
        }
        return reduce(thread, kept);
    }

    private static List<String> reduce(StoredThread thread, List<Sent> kept) {
        var bytes = kept.stream().mapToLong(Sent::bytes).sum();
        for (var use : new Use[] {Use.TOKENS, Use.REASONING, Use.TOOL_RESULT}) {
            if (bytes <= MAX_BYTES) {
                break;
            }
            var last = use == Use.TOKENS ? lastOf(kept, use) : null;
            kept.removeIf(sent -> sent.use() == use && sent != last);
            bytes = kept.stream().mapToLong(Sent::bytes).sum();
        }
        if (bytes > MAX_BYTES) {
            throw tooLong(thread);
        }
        return kept.stream().map(Sent::text).toList();
    }

    private static Sent lastOf(List<Sent> kept, Use use) {
        Sent last = null;
        for (var sent : kept) {
            last = sent.use() == use ? sent : last;
        }
        return last;
    }

    private static RuntimeException tooLong(StoredThread thread) {
        return Refusals.status(
                Status.RESOURCE_EXHAUSTED,
                "the history of thread %s is longer than the 4 MiB that a Codex client takes, also without what can be left out; "
                                .formatted(thread.threadId())
                        + "read it through REST, or fork it from an earlier point");
    }

    private static Use useOf(RolloutItem item) {
        if (ITEMS.contains(item.type())) {
            return Use.NEEDED;
        }
        var event = item.subtype();
        if (!item.type().equals(RolloutItem.EVENT_MSG) || event == null) {
            return Use.NEVER;
        }
        if (event.equals("item_completed")) {
            return "Plan".equals(item.payloadItemType()) ? Use.NEEDED : Use.NEVER;
        }
        if (NEEDED_EVENTS.contains(event)) {
            return Use.NEEDED;
        }
        if (REASONING.contains(event)) {
            return Use.REASONING;
        }
        if (TOOL_RESULTS.contains(event)) {
            return Use.TOOL_RESULT;
        }
        return event.equals(TOKEN_COUNT) ? Use.TOKENS : Use.NEVER;
    }

    private static String text(RolloutItem item) {
        return "{\"type\":" + item.typeText() + ",\"payload\":" + item.payload() + "}";
    }

    private enum Use {
        NEEDED,
        TOKENS,
        REASONING,
        TOOL_RESULT,
        NEVER
    }

    private record Sent(Use use, String text) {
        long bytes() {
            return text.length() + (long) ITEM_OVERHEAD;
        }
    }
}
