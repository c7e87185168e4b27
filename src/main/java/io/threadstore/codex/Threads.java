package io.threadstore.codex;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.threadstore.codex.proto.GitInfo;
import io.threadstore.codex.proto.StoredThread;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Threads as Codex parses them: times in seconds, a rollout path always, and nothing that one of its versions would refuse, because one
 * bad thread fails a whole list (Codex notes, 2.5).
 */
@ApplicationScoped
class Threads {

    private static final Set<String> EFFORTS = Set.of("none", "minimal", "low", "medium", "high", "xhigh");
    private static final Set<String> APPROVALS = Set.of("untrusted", "on-failure", "on-request", "never");
    private static final Set<String> SANDBOXES =
            Set.of("danger-full-access", "read-only", "external-sandbox", "workspace-write");
    private static final List<String> TOKENS =
            List.of("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_output_tokens", "total_tokens");

    private final ObjectMapper mapper;

    Threads(ObjectMapper mapper) {
        this.mapper = mapper;
    }

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
        set(Sources.isAgentPath(summary.agentPath()) ? summary.agentPath() : null, written::setAgentPath);
        set(
                summary.reasoningEffort() != null && EFFORTS.contains(summary.reasoningEffort())
                        ? summary.reasoningEffort()
                        : null,
                written::setReasoningEffort);
        set(summary.firstUserMessage(), written::setFirstUserMessage);
        set(json(summary.approvalMode(), Threads::isApproval), written::setApprovalModeJson);
        set(json(summary.sandboxPolicy(), Threads::isSandbox), written::setSandboxPolicyJson);
        set(json(summary.tokenUsage(), Threads::isTokenUsage), written::setTokenUsageJson);
        return written;
    }

    private static GitInfo git(io.threadstore.thread.GitInfo git) {
        var written = GitInfo.newBuilder();
        set(git.sha(), written::setSha);
        set(git.branch(), written::setBranch);
        set(git.originUrl(), written::setOriginUrl);
        return written.build();
    }

    private @Nullable String json(@Nullable String text, Predicate<JsonNode> isKnown) {
        if (text == null) {
            return null;
        }
        try {
            return isKnown.test(mapper.readTree(text)) ? text : null;
        } catch (JsonProcessingException e) {
            return null;
        }
    }

    private static boolean isApproval(JsonNode approval) {
        return approval.isTextual() && APPROVALS.contains(approval.asText());
    }

    private static boolean isSandbox(JsonNode sandbox) {
        return SANDBOXES.contains(sandbox.path("type").asText());
    }

    private static boolean isTokenUsage(JsonNode usage) {
        return TOKENS.stream()
                .allMatch(name ->
                        usage.path(name).canConvertToLong() && usage.path(name).isIntegralNumber());
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
