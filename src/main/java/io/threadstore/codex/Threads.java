package io.threadstore.codex;

import io.threadstore.codex.proto.GitInfo;
import io.threadstore.codex.proto.StoredThread;
import io.threadstore.platform.JsonText;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Threads as Codex parses them: times in seconds, a rollout path always, and nothing that one of its versions would refuse, because one
 * bad thread fails a whole list (Codex notes, 2.5).
 */
@ApplicationScoped
class Threads {

    private static final Set<String> EFFORTS = Set.of("none", "minimal", "low", "medium", "high", "xhigh");
    private static final Set<String> THREAD_SOURCES = Set.of("user", "subagent", "memory_consolidation");
    private static final int MAX_JSON_CHARACTERS = 4096;

    StoredThread.Builder write(io.threadstore.thread.StoredThread thread) {
        var summary = thread.summary();
        var written = StoredThread.newBuilder()
                .setThreadId(thread.threadId().toString())
                .setPreview(summary.preview())
                .setModelProvider(summary.modelProvider())
                .setCreatedAt(thread.createdAt().getEpochSecond())
                .setUpdatedAt(thread.updatedAt().getEpochSecond())
                .setCwd(orEmpty(summary.cwd()))
                .setCliVersion(orEmpty(summary.cliVersion()))
                .setSource(Sources.write(summary.source()))
                .setRolloutPath(RolloutPath.of(thread.threadId()));
        set(summary.forkedFromId(), id -> written.setForkedFromId(id.toString()));
        set(summary.name(), written::setName);
        set(summary.model(), written::setModel);
        set(thread.archivedAt(), time -> written.setArchivedAt(time.getEpochSecond()));
        set(summary.gitInfo(), git -> written.setGitInfo(git(git)));
        set(summary.agentNickname(), written::setAgentNickname);
        set(summary.agentRole(), written::setAgentRole);
        set(summary.agentPath(), written::setAgentPath);
        set(known(summary.reasoningEffort(), EFFORTS), written::setReasoningEffort);
        set(known(summary.threadSource(), THREAD_SOURCES), written::setThreadSource);
        set(summary.firstUserMessage(), written::setFirstUserMessage);
        set(json(summary.approvalMode(), ItemShapes.APPROVAL), written::setApprovalModeJson);
        set(json(summary.sandboxPolicy(), ItemShapes.SANDBOX), written::setSandboxPolicyJson);
        set(json(summary.tokenUsage(), ItemShapes.USAGE), written::setTokenUsageJson);
        return written;
    }

    private static GitInfo git(io.threadstore.thread.GitInfo git) {
        var written = GitInfo.newBuilder();
        set(git.sha(), written::setSha);
        set(git.branch(), written::setBranch);
        set(git.originUrl(), written::setOriginUrl);
        return written.build();
    }

    private static @Nullable String known(@Nullable String word, Set<String> words) {
        return word != null && words.contains(word) ? word : null;
    }

    /** A JSON text in a form that Codex parses; null if it has none, or would fill the message. */
    private static @Nullable String json(@Nullable String text, Shape shape) {
        if (text == null || text.length() > MAX_JSON_CHARACTERS) {
            return null;
        }
        var fitting = ItemsForCodex.fit(JsonText.of(text), shape);
        return fitting == null ? null : fitting.text();
    }

    private static <T> void set(@Nullable T value, Consumer<T> setter) {
        if (value != null) {
            setter.accept(value);
        }
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }
}
