package io.threadstore.rollout;

import com.fasterxml.jackson.databind.JsonNode;
import io.threadstore.thread.MemoryMode;
import io.threadstore.thread.SessionSource;
import io.threadstore.thread.SourceKind;
import io.threadstore.thread.ThreadId;
import io.threadstore.thread.ThreadSummary;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What items say about their thread (Codex notes, 4.4). Items are applied in order; most say nothing. */
@ApplicationScoped
public class ThreadSummarizer {

    private static final String REQUEST_MARKER = "## My request for Codex:";
    private static final String IMAGE = "[Image]";

    private static final Set<String> SESSION_META_MEMBERS = Set.of(
            "id",
            "session_id",
            "forked_from_id",
            "parent_thread_id",
            "cwd",
            "originator",
            "cli_version",
            "source",
            "agent_nickname",
            "agent_role",
            "agent_type",
            "agent_path",
            "model_provider",
            "memory_mode",
            "git");
    private static final Set<String> TURN_CONTEXT_MEMBERS =
            Set.of("cwd", "model", "effort", "approval_policy", "sandbox_policy");
    private static final Set<String> USER_MESSAGE_MEMBERS = Set.of("message", "images", "local_images");
    private static final Set<String> TOKEN_COUNT_MEMBERS = Set.of("info");
    private static final Set<String> NAME_MEMBERS = Set.of("thread_id", "thread_name");
    private static final Set<String> CONFIGURED_MEMBERS = Set.of(
            "thread_id",
            "session_id",
            "thread_name",
            "model",
            "model_provider_id",
            "approval_policy",
            "cwd",
            "reasoning_effort");

    private final ItemReader items;

    ThreadSummarizer(ItemReader items) {
        this.items = items;
    }

    /** Whether an item that the policy drops still has something to say. */
    static boolean teaches(RolloutItem item) {
        return item.isEvent(RolloutItem.SESSION_CONFIGURED) || item.isEvent(RolloutItem.THREAD_NAME_UPDATED);
    }

    /** Applies one item to its thread's summary. */
    void apply(ThreadSummary summary, ThreadId threadId, RolloutItem item) {
        if (item.isSessionMeta()) {
            applySessionMeta(summary, threadId, items.members(item.payload(), SESSION_META_MEMBERS));
        } else if (item.type().equals(RolloutItem.TURN_CONTEXT)) {
            applyTurnContext(summary, items.members(item.payload(), TURN_CONTEXT_MEMBERS));
        } else if (item.isEvent(RolloutItem.TOKEN_COUNT)) {
            applyTokenCount(summary, items.members(item.payload(), TOKEN_COUNT_MEMBERS));
        } else if (item.isEvent(RolloutItem.USER_MESSAGE)) {
            applyUserMessage(summary, item);
        } else if (item.isEvent(RolloutItem.THREAD_NAME_UPDATED)) {
            applyName(summary, threadId, items.members(item.payload(), NAME_MEMBERS));
        } else if (item.isEvent(RolloutItem.SESSION_CONFIGURED)) {
            applyConfiguration(summary, threadId, items.members(item.payload(), CONFIGURED_MEMBERS));
        }
    }

    private static void applySessionMeta(ThreadSummary summary, ThreadId threadId, Map<String, JsonNode> meta) {
        // a fork's history holds copies of its ancestors' metas, which say nothing but the memory mode
        var mode = text(meta.get("memory_mode"));
        if (mode != null) {
            MemoryMode.ofWord(mode).ifPresent(summary::remembers);
        }
        if (!threadId.toString().equalsIgnoreCase(text(meta.get("id")))) {
            return;
        }
        var source = readSource(meta.get("source"));
        var nickname = text(meta.get("agent_nickname"));
        var role = text(meta.get("agent_role"));
        var path = text(meta.get("agent_path"));
        summary.startedBy(source);
        summary.playedBy(
                nickname == null ? source.nickname() : nickname,
                role != null ? role : meta.containsKey("agent_type") ? text(meta.get("agent_type")) : source.role(),
                path == null ? source.path() : path);
        var parent = uuid(meta.get("parent_thread_id"));
        summary.derivesFrom(
                uuid(meta.get("session_id")),
                uuid(meta.get("forked_from_id")),
                parent == null ? source.parentThreadId() : parent);
        summary.madeWith(text(meta.get("originator")), text(meta.get("cli_version")));
        var provider = text(meta.get("model_provider"));
        if (provider != null) {
            summary.providedBy(provider);
        }
        summary.movesTo(text(meta.get("cwd")));
        var git = meta.get("git");
        if (git != null && git.isObject()) {
            summary.checkedOut(text(git.get("commit_hash")), text(git.get("branch")), text(git.get("repository_url")));
        }
    }

    private static void applyTurnContext(ThreadSummary summary, Map<String, JsonNode> turn) {
        summary.worksIn(text(turn.get("cwd")));
        summary.usesModel(text(turn.get("model")), text(turn.get("effort")));
        summary.approves(json(turn.get("approval_policy")));
        summary.isSandboxedBy(json(turn.get("sandbox_policy")));
    }

    private static void applyTokenCount(ThreadSummary summary, Map<String, JsonNode> count) {
        var info = count.get("info");
        if (info == null || !info.isObject()) {
            return;
        }
        var usage = info.get("total_token_usage");
        if (usage != null && usage.isObject()) {
            summary.hasUsed(usage.toString());
        }
    }

    private void applyUserMessage(ThreadSummary summary, RolloutItem item) {
        if (summary.firstUserMessage() != null) {
            return;
        }
        var message = items.members(item.payload(), USER_MESSAGE_MEMBERS);
        var text = text(message.get("message"));
        var request = text == null ? "" : withoutPreamble(text);
        if (!request.isEmpty()) {
            summary.asks(request);
        } else if (isFilled(message.get("images")) || isFilled(message.get("local_images"))) {
            summary.asks(IMAGE);
        }
    }

    private static void applyName(ThreadSummary summary, ThreadId threadId, Map<String, JsonNode> event) {
        // copied along with a fork's history, the event speaks of another thread
        var named = text(event.get("thread_id"));
        if (named != null && !named.equalsIgnoreCase(threadId.toString())) {
            return;
        }
        var name = text(event.get("thread_name"));
        summary.rename(name == null || name.isBlank() ? null : name.strip());
    }

    private static void applyConfiguration(ThreadSummary summary, ThreadId threadId, Map<String, JsonNode> event) {
        var configured = text(event.get("thread_id"));
        if (configured == null) {
            configured = text(event.get("session_id"));
        }
        if (configured != null && !configured.equalsIgnoreCase(threadId.toString())) {
            return;
        }
        summary.worksIn(text(event.get("cwd")));
        var model = text(event.get("model"));
        if (model != null) {
            summary.usesModel(model, text(event.get("reasoning_effort")));
        }
        var provider = text(event.get("model_provider_id"));
        if (provider != null && summary.modelProvider() == null) {
            summary.providedBy(provider);
        }
        var approval = json(event.get("approval_policy"));
        if (approval != null) {
            summary.approves(approval);
        }
        var name = text(event.get("thread_name"));
        if (name != null && !name.isBlank()) {
            summary.rename(name.strip());
        }
    }

    private static String withoutPreamble(String text) {
        var marker = text.indexOf(REQUEST_MARKER);
        return (marker < 0 ? text : text.substring(marker + REQUEST_MARKER.length())).strip();
    }

    private static SessionSource readSource(@Nullable JsonNode source) {
        if (source == null || source.isNull()) {
            return SessionSource.of(SourceKind.VSCODE); // Codex's own default for a missing source
        }
        if (source.isTextual()) {
            return SessionSource.of(
                    switch (source.asText()) {
                        case "cli" -> SourceKind.CLI;
                        case "vscode" -> SourceKind.VSCODE;
                        case "exec" -> SourceKind.EXEC;
                        case "mcp", "app_server" -> SourceKind.APP_SERVER;
                        default -> SourceKind.UNKNOWN;
                    });
        }
        var custom = text(source.get("custom"));
        if (custom != null) {
            return SessionSource.custom(custom);
        }
        var subAgent = source.get("subagent");
        return subAgent == null ? SessionSource.of(SourceKind.UNKNOWN) : readSubAgent(subAgent);
    }

    private static SessionSource readSubAgent(JsonNode subAgent) {
        if (subAgent.isTextual()) {
            return switch (subAgent.asText()) {
                case "review" -> SessionSource.of(SourceKind.SUB_AGENT_REVIEW);
                case "compact" -> SessionSource.of(SourceKind.SUB_AGENT_COMPACT);
                case "memory_consolidation" -> SessionSource.of(SourceKind.SUB_AGENT_MEMORY_CONSOLIDATION);
                default -> SessionSource.subAgentOther(subAgent.asText());
            };
        }
        var other = text(subAgent.get("other"));
        if (other != null) {
            return SessionSource.subAgentOther(other);
        }
        var spawn = subAgent.get("thread_spawn");
        var parent = spawn == null ? null : uuid(spawn.get("parent_thread_id"));
        if (spawn == null || parent == null) {
            return SessionSource.of(SourceKind.UNKNOWN);
        }
        var role = text(spawn.get("agent_role"));
        return SessionSource.threadSpawn(
                parent,
                spawn.path("depth").asInt(0),
                text(spawn.get("agent_nickname")),
                role == null ? text(spawn.get("agent_type")) : role,
                text(spawn.get("agent_path")));
    }

    private static boolean isFilled(@Nullable JsonNode list) {
        return list != null && list.isArray() && !list.isEmpty();
    }

    private static @Nullable String text(@Nullable JsonNode node) {
        return node != null && node.isTextual() ? node.asText() : null;
    }

    private static @Nullable UUID uuid(@Nullable JsonNode node) {
        var text = text(node);
        return text == null
                ? null
                : ThreadId.tryParse(text).map(ThreadId::value).orElse(null);
    }

    private static @Nullable String json(@Nullable JsonNode node) {
        return node == null || node.isNull() ? null : node.toString();
    }
}
