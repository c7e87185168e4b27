package io.threadstore.codex;

import com.fasterxml.jackson.databind.node.MissingNode;
import com.google.protobuf.CodedOutputStream;
import io.grpc.Status;
import io.threadstore.rollout.ItemViews;
import io.threadstore.rollout.RolloutItem;
import io.threadstore.rollout.RolloutReader;
import io.threadstore.thread.StoredThread;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Histories for Codex: the events that Codex replays, each in a form that it can parse ({@link ItemsForCodex}), and together below what
 * its client takes in one message. Longer ones are reduced ({@link HistoryPlan}); where that is not enough the call is refused.
 */
@ApplicationScoped
class Histories {

    /** What a client takes in one message, less room for the message around the history. */
    private static final long MAX_BYTES = 4 * 1024 * 1024 - 128 * 1024;

    /** Of how many items it is worth while to find out which ones would fit. */
    private static final int MAX_PLANNED = 2_000_000;

    /**
     * What a history takes in memory for each byte: its texts, the message, and the bytes that are sent; and a window
     * while it is read.
     */
    private static final int COST = 4;

    private static final long WINDOW_BYTES = 4 * 1024 * 1024;

    /** Around each item in the message: a tag of one byte; its length is counted in full. */
    private static final int TAG_BYTES = 1;

    /** The events that every version stores itself in limited mode, and parses (Codex notes, 2.5). */
    private static final Set<String> EVENTS = Set.of(
            "user_message",
            "agent_message",
            "agent_reasoning",
            "agent_reasoning_raw_content",
            "token_count",
            "context_compacted",
            "entered_review_mode",
            "exited_review_mode",
            "thread_rolled_back",
            "turn_aborted",
            "task_started",
            "turn_started",
            "task_complete",
            "turn_complete",
            "item_completed",
            "patch_apply_end",
            "mcp_tool_call_end",
            "web_search_end",
            "image_generation_end");

    private final RolloutReader reader;
    private final ItemViews views;
    private final ItemsForCodex items;

    Histories(RolloutReader reader, ItemViews views, ItemsForCodex items) {
        this.reader = reader;
        this.views = views;
        this.items = items;
    }

    /** How much memory {@link #read} and its answer take at most, in bytes. */
    static long memoryFor(StoredThread thread) {
        return COST * Math.min(thread.byteCount(), MAX_BYTES) + Math.min(thread.byteCount(), WINDOW_BYTES);
    }

    /**
     * The items that Codex is sent, each as {@code {"type","payload"}}. Read once where they fit, and a second time where some have to
     * stay away, so that no more than one answer is held in memory.
     */
    List<String> read(StoredThread thread) {
        var plan = new HistoryPlan(thread.threadId());
        var texts = new ArrayList<String>();
        forEach(thread, (item, sent) -> {
            plan.add(item, sent == null ? MissingNode.getInstance() : sent.payload(), bytes(item, sent));
            if (sent != null && plan.bytes() <= MAX_BYTES) {
                texts.add(sent.text());
            } else {
                texts.clear();
                if (plan.neededBytes() > MAX_BYTES || plan.size() > MAX_PLANNED) {
                    throw tooLong(thread);
                }
            }
        });
        return plan.bytes() <= MAX_BYTES ? texts : reduced(thread, plan);
    }

    private List<String> reduced(StoredThread thread, HistoryPlan plan) {
        var leftOut = plan.leaveOut(MAX_BYTES);
        var texts = new ArrayList<String>();
        var total = new long[1];
        var number = new int[1];
        forEach(thread, (item, sent) -> {
            if (!leftOut.get(number[0]++)) {
                total[0] += bytes(item, sent);
                if (sent == null || total[0] > MAX_BYTES) {
                    throw tooLong(thread);
                }
                texts.add(sent.text());
            }
        });
        return texts;
    }

    @FunctionalInterface
    private interface Visitor {
        /** @param sent what goes to Codex; null if the item alone is longer than a message */
        void visit(RolloutItem item, ItemsForCodex.@Nullable Sent sent);
    }

    private void forEach(StoredThread thread, Visitor visitor) {
        try (var pages = reader.pages(thread)) {
            while (!pages.isEnded()) {
                for (var stored : pages.next()) {
                    var item = views.read(stored);
                    if (!isReplayed(item)) {
                        continue;
                    }
                    if (item.payload().length() > MAX_BYTES) {
                        // it can't be sent, and its tree would take many times its length
                        visitor.visit(item, null);
                        continue;
                    }
                    var sent = items.of(item);
                    if (sent != null) {
                        visitor.visit(item, sent);
                    }
                }
            }
        }
    }

    private static boolean isReplayed(RolloutItem item) {
        return ItemsForCodex.isKnown(item)
                && (!item.type().equals(RolloutItem.EVENT_MSG)
                        || (item.subtype() != null && EVENTS.contains(item.subtype())));
    }

    private static int bytes(RolloutItem item, ItemsForCodex.@Nullable Sent sent) {
        return sent == null
                ? item.payload().length()
                : TAG_BYTES + CodedOutputStream.computeStringSizeNoTag(sent.text());
    }

    private static RuntimeException tooLong(StoredThread thread) {
        return Refusals.status(
                Status.RESOURCE_EXHAUSTED,
                "the history of thread %s does not fit into the 4 MiB that Codex takes in one message, also without all that could be left out; to go on with it, export it (GET /v1/threads/%s/rollout) and resume the file with Codex's local store"
                        .formatted(thread.threadId(), thread.threadId()));
    }
}
