package io.threadstore.thread;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A thread as readers see it, without its history.
 *
 * @param key the thread's internal key, for the rows that hang on it; shown only as part of opaque tags and cursors
 * @param threadId the thread's id
 * @param state its place in the life cycle
 * @param version grows with every change of what a reader sees; with the key it makes the ETag
 * @param epoch the number of its latest writer
 * @param persistenceMode which items its latest writer keeps
 * @param itemCount how many items are stored
 * @param byteCount how many bytes their texts have together
 * @param nextOrdinal the ordinal of the next item
 * @param createdAt when the conversation began
 * @param updatedAt when it last changed
 * @param archivedAt when it was put away; null if it is not
 * @param summary what the items say about it
 */
public record StoredThread(
        long key,
        ThreadId threadId,
        ThreadState state,
        long version,
        long epoch,
        PersistenceMode persistenceMode,
        long itemCount,
        long byteCount,
        long nextOrdinal,
        Instant createdAt,
        Instant updatedAt,
        @Nullable Instant archivedAt,
        Summary summary) {

    /** The summary, as values. */
    public record Summary(
            @Nullable UUID sessionId,
            @Nullable UUID forkedFromId,
            @Nullable UUID parentThreadId,
            @Nullable String name,
            @Nullable String firstUserMessage,
            SessionSource source,
            @Nullable String threadSource,
            @Nullable String originator,
            @Nullable String cliVersion,
            String modelProvider,
            @Nullable String model,
            @Nullable String reasoningEffort,
            @Nullable String cwd,
            @Nullable GitInfo gitInfo,
            MemoryMode memoryMode,
            @Nullable String agentNickname,
            @Nullable String agentRole,
            @Nullable String agentPath,
            @Nullable String approvalMode,
            @Nullable String sandboxPolicy,
            @Nullable String tokenUsage) {

        /** @param defaultProvider the provider of a thread that names none */
        public static Summary of(ThreadSummary summary, String defaultProvider) {
            var provider = summary.modelProvider();
            return new Summary(
                    summary.sessionId(),
                    summary.forkedFromId(),
                    summary.parentThreadId(),
                    summary.name(),
                    summary.firstUserMessage(),
                    summary.source(),
                    summary.threadSource(),
                    summary.originator(),
                    summary.cliVersion(),
                    provider == null ? defaultProvider : provider,
                    summary.model(),
                    summary.reasoningEffort(),
                    summary.cwd(),
                    summary.gitInfo(),
                    summary.memoryMode(),
                    summary.agentNickname(),
                    summary.agentRole(),
                    summary.agentPath(),
                    summary.approvalMode(),
                    summary.sandboxPolicy(),
                    summary.tokenUsage());
        }

        /** The parts by their names, in the order in which they are declared. */
        public Map<String, Optional<Object>> parts() {
            var parts = new LinkedHashMap<String, Optional<Object>>();
            parts.put("session_id", Optional.ofNullable(sessionId));
            parts.put("forked_from_id", Optional.ofNullable(forkedFromId));
            parts.put("parent_thread_id", Optional.ofNullable(parentThreadId));
            parts.put("name", Optional.ofNullable(name));
            parts.put("first_user_message", Optional.ofNullable(firstUserMessage));
            parts.put("source", Optional.of(source));
            parts.put("thread_source", Optional.ofNullable(threadSource));
            parts.put("originator", Optional.ofNullable(originator));
            parts.put("cli_version", Optional.ofNullable(cliVersion));
            parts.put("model_provider", Optional.of(modelProvider));
            parts.put("model", Optional.ofNullable(model));
            parts.put("reasoning_effort", Optional.ofNullable(reasoningEffort));
            parts.put("cwd", Optional.ofNullable(cwd));
            parts.put("git_info", Optional.ofNullable(gitInfo));
            parts.put("memory_mode", Optional.of(memoryMode));
            parts.put("agent_nickname", Optional.ofNullable(agentNickname));
            parts.put("agent_role", Optional.ofNullable(agentRole));
            parts.put("agent_path", Optional.ofNullable(agentPath));
            parts.put("approval_mode", Optional.ofNullable(approvalMode));
            parts.put("sandbox_policy", Optional.ofNullable(sandboxPolicy));
            parts.put("token_usage", Optional.ofNullable(tokenUsage));
            return parts;
        }

        /** What stands for the thread in a list: its first user message, or nothing. */
        public String preview() {
            return firstUserMessage == null ? "" : firstUserMessage;
        }
    }
}
