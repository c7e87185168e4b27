package io.threadstore.rollout;

import io.threadstore.platform.Json;
import io.threadstore.thread.MemoryMode;
import io.threadstore.thread.SessionSource;
import io.threadstore.thread.SourceKind;
import io.threadstore.thread.TextLimits;
import io.threadstore.thread.ThreadId;
import io.threadstore.thread.ThreadSummary;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Set;
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
            "thread_source",
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
            "thread_source",
            "reasoning_effort");

    private static final String TOTAL_TOKEN_USAGE = "total_token_usage";
    private static final Set<String> INFO_MEMBERS = Set.of(TOTAL_TOKEN_USAGE);
    private static final Set<String> GIT_MEMBERS = Set.of("commit_hash", "branch", "repository_url");
    private static final Set<String> SOURCE_MEMBERS = Set.of("custom", "subagent");
    private static final Set<String> SUB_AGENT_MEMBERS = Set.of("other", "thread_spawn");
    private static final Set<String> SPAWN_MEMBERS =
            Set.of("parent_thread_id", "depth", "agent_nickname", "agent_role", "agent_type", "agent_path");

    private final Json json;

    ThreadSummarizer(Json json) {
        this.json = json;
    }

    /** The parts of a summary that an event which is not stored may have changed: see {@link #teaches}. */
    static final Set<String> TAUGHT_PARTS =
            Set.of("name", "cwd", "model", "reasoning_effort", "model_provider", "thread_source", "approval_mode");

    /** Whether an item that the policy drops still has something to say. */
    static boolean teaches(RolloutItem item) {
        return item.isEvent(RolloutItem.SESSION_CONFIGURED) || item.isEvent(RolloutItem.THREAD_NAME_UPDATED);
    }

    /** Whether the item may have more to say to the summary of a thread than {@link #tokenUsage}. */
    static boolean saysMoreThanUsage(RolloutItem item, boolean hasFirstUserMessage) {
        return switch (item.type()) {
            case RolloutItem.SESSION_META, RolloutItem.TURN_CONTEXT -> true;
            case RolloutItem.EVENT_MSG ->
                teaches(item)
                        || !hasFirstUserMessage && item.isEvent(RolloutItem.USER_MESSAGE)
                        || item.isEvent(RolloutItem.TOKEN_COUNT) && item.text().length() > TextLimits.JSON_BYTES;
            default -> false;
        };
    }

    /** The token usage that the item tells; null if it tells none. */
    @Nullable
    String tokenUsage(RolloutItem item) {
        if (!item.isEvent(RolloutItem.TOKEN_COUNT)) {
            return null;
        }
        var summary = new ThreadSummary();
        applyTokenCount(summary, Members.of(json, item.payload(), TOKEN_COUNT_MEMBERS));
        return summary.tokenUsage();
    }

    /** Applies one item to its thread's summary. */
    void apply(ThreadSummary summary, ThreadId threadId, RolloutItem item) {
        if (item.isSessionMeta()) {
            applySessionMeta(summary, threadId, Members.of(json, item.payload(), SESSION_META_MEMBERS));
        } else if (item.type().equals(RolloutItem.TURN_CONTEXT)) {
            applyTurnContext(summary, Members.of(json, item.payload(), TURN_CONTEXT_MEMBERS));
        } else if (item.isEvent(RolloutItem.TOKEN_COUNT)) {
            applyTokenCount(summary, Members.of(json, item.payload(), TOKEN_COUNT_MEMBERS));
        } else if (item.isEvent(RolloutItem.USER_MESSAGE)) {
            applyUserMessage(summary, item);
        } else if (item.isEvent(RolloutItem.THREAD_NAME_UPDATED)) {
            applyName(summary, threadId, Members.of(json, item.payload(), NAME_MEMBERS));
        } else if (item.isEvent(RolloutItem.SESSION_CONFIGURED)) {
            applyConfiguration(summary, threadId, Members.of(json, item.payload(), CONFIGURED_MEMBERS));
        }
    }

    private static void applySessionMeta(ThreadSummary summary, ThreadId threadId, Members meta) {
        // a fork's history holds copies of its ancestors' metas, which say nothing but the memory mode
        var mode = meta.text("memory_mode");
        if (mode != null) {
            MemoryMode.ofWord(mode).ifPresent(summary::remembers);
        }
        if (!threadId.toString().equalsIgnoreCase(meta.text("id"))) {
            return;
        }
        var source = readSource(meta);
        var nickname = meta.text("agent_nickname");
        var role = meta.text("agent_role");
        var path = meta.text("agent_path");
        summary.startedBy(source);
        summary.playedBy(
                nickname == null ? source.nickname() : nickname,
                role != null ? role : meta.has("agent_type") ? meta.text("agent_type") : source.role(),
                path == null ? source.path() : path);
        var parent = meta.uuid("parent_thread_id");
        summary.derivesFrom(
                meta.uuid("session_id"),
                meta.uuid("forked_from_id"),
                parent == null ? source.parentThreadId() : parent);
        var user = meta.text("thread_source");
        if (user != null) {
            summary.begunBy(user);
        }
        summary.madeWith(meta.text("originator"), meta.text("cli_version"));
        var provider = meta.text("model_provider");
        if (provider != null) {
            summary.providedBy(provider);
        }
        summary.movesTo(meta.text("cwd"));
        var git = meta.object("git", GIT_MEMBERS);
        if (git != null) {
            summary.checkedOut(git.text("commit_hash"), git.text("branch"), git.text("repository_url"));
        }
    }

    private static void applyTurnContext(ThreadSummary summary, Members turn) {
        summary.worksIn(turn.text("cwd"));
        summary.usesModel(turn.text("model"), turn.text("effort"));
        summary.approves(turn.json("approval_policy"));
        summary.isSandboxedBy(turn.json("sandbox_policy"));
    }

    private static void applyTokenCount(ThreadSummary summary, Members count) {
        var info = count.object("info", INFO_MEMBERS);
        var usage = info == null ? null : info.objectText(TOTAL_TOKEN_USAGE);
        if (usage != null) {
            summary.hasUsed(usage);
        }
    }

    private void applyUserMessage(ThreadSummary summary, RolloutItem item) {
        if (summary.firstUserMessage() != null) {
            return;
        }
        var message = Members.of(json, item.payload(), USER_MESSAGE_MEMBERS);
        var text = message.text("message");
        var request = text == null ? "" : withoutPreamble(text);
        if (!request.isEmpty()) {
            summary.asks(request);
        } else if (message.isFilledArray("images") || message.isFilledArray("local_images")) {
            summary.asks(IMAGE);
        }
    }

    private static void applyName(ThreadSummary summary, ThreadId threadId, Members event) {
        // copied along with a fork's history, the event speaks of another thread
        var named = event.text("thread_id");
        if (named != null && !named.equalsIgnoreCase(threadId.toString())) {
            return;
        }
        var name = event.text("thread_name");
        summary.rename(name == null || name.isBlank() ? null : name.strip());
    }

    private static void applyConfiguration(ThreadSummary summary, ThreadId threadId, Members event) {
        var configured = event.text("thread_id");
        if (configured == null) {
            configured = event.text("session_id");
        }
        if (configured != null && !configured.equalsIgnoreCase(threadId.toString())) {
            return;
        }
        summary.worksIn(event.text("cwd"));
        var model = event.text("model");
        if (model != null) {
            summary.usesModel(model, event.text("reasoning_effort"));
        }
        var provider = event.text("model_provider_id");
        if (provider != null && summary.modelProvider() == null) {
            summary.providedBy(provider);
        }
        var user = event.text("thread_source");
        if (user != null && summary.threadSource() == null) {
            summary.begunBy(user);
        }
        var approval = event.json("approval_policy");
        if (approval != null) {
            summary.approves(approval);
        }
        var name = event.text("thread_name");
        if (name != null && !name.isBlank()) {
            summary.rename(name.strip());
        }
    }

    private static String withoutPreamble(String text) {
        var marker = text.indexOf(REQUEST_MARKER);
        return (marker < 0 ? text : text.substring(marker + REQUEST_MARKER.length())).strip();
    }

    private static SessionSource readSource(Members meta) {
        var word = meta.text("source");
        if (word != null) {
            return SessionSource.of(
                    switch (word) {
                        case "cli" -> SourceKind.CLI;
                        case "vscode" -> SourceKind.VSCODE;
                        case "exec" -> SourceKind.EXEC;
                        case "mcp", "app_server" -> SourceKind.APP_SERVER;
                        default -> SourceKind.UNKNOWN;
                    });
        }
        var source = meta.object("source", SOURCE_MEMBERS);
        if (source == null) {
            // Codex's own default for a missing source
            return SessionSource.of(meta.json("source") == null ? SourceKind.VSCODE : SourceKind.UNKNOWN);
        }
        var custom = source.text("custom");
        return custom == null ? readSubAgent(source) : SessionSource.custom(custom);
    }

    private static SessionSource readSubAgent(Members source) {
        var word = source.text("subagent");
        if (word != null) {
            return switch (word) {
                case "review" -> SessionSource.of(SourceKind.SUB_AGENT_REVIEW);
                case "compact" -> SessionSource.of(SourceKind.SUB_AGENT_COMPACT);
                case "memory_consolidation" -> SessionSource.of(SourceKind.SUB_AGENT_MEMORY_CONSOLIDATION);
                default -> SessionSource.subAgentOther(word);
            };
        }
        var subAgent = source.object("subagent", SUB_AGENT_MEMBERS);
        var other = subAgent == null ? null : subAgent.text("other");
        if (other != null) {
            return SessionSource.subAgentOther(other);
        }
        var spawn = subAgent == null ? null : subAgent.object("thread_spawn", SPAWN_MEMBERS);
        var parent = spawn == null ? null : spawn.uuid("parent_thread_id");
        if (spawn == null || parent == null) {
            return SessionSource.of(SourceKind.UNKNOWN);
        }
        var role = spawn.text("agent_role");
        return SessionSource.threadSpawn(
                parent,
                Math.max(0, spawn.number("depth")),
                spawn.text("agent_nickname"),
                role == null ? spawn.text("agent_type") : role,
                spawn.text("agent_path"));
    }
}
