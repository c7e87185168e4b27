package io.threadstore.rest;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.threadstore.lifecycle.CreatedThread;
import io.threadstore.thread.GitInfo;
import io.threadstore.thread.MemoryMode;
import io.threadstore.thread.PersistenceMode;
import io.threadstore.thread.SessionSource;
import io.threadstore.thread.SourceKind;
import io.threadstore.thread.StoredThread;
import io.threadstore.writer.LiveWriter;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A thread as REST shows it. */
@Schema(
        name = "StoredThread",
        description = "One conversation of an agent, without its history unless that was asked for.")
@RegisterForReflection
record ThreadResponse(
        @Schema(required = true, description = "The thread's id, in lower case.")
        UUID threadId,

        @Nullable @Schema(description = "The session that the thread belongs to.")
        UUID sessionId,

        @Nullable @Schema(description = "The thread whose history this one began with. Opaque: it may be unknown here.")
        UUID forkedFromId,

        @Nullable @Schema(description = "The thread that spawned this one. Opaque: it may be unknown here.")
        UUID parentThreadId,

        @Nullable @Schema(description = "The name that a caller gave.", maxLength = 500)
        String name,

        @Schema(
                required = true,
                description = "What stands for the thread in a list: its first user message, or nothing.",
                maxLength = 2000)
        String preview,

        @Nullable
        @Schema(description = "The first thing that the user said, cut at 2,000 characters.", maxLength = 2000)
        String firstUserMessage,

        @Schema(required = true) Source source,

        @Nullable
        @Schema(description = "What kind of user began it, as Codex says it: user, subagent, memory_consolidation.")
        String threadSource,

        @Nullable @Schema(description = "The program that made the thread.")
        String originator,

        @Nullable @Schema(description = "That program's version.")
        String cliVersion,

        @Schema(required = true, description = "The provider of the thread's models.")
        String modelProvider,

        @Nullable @Schema(description = "The model of the last turn.")
        String model,

        @Nullable @Schema(description = "The reasoning effort of the last turn.")
        String reasoningEffort,

        @Nullable @Schema(description = "The directory that the thread works in.")
        String cwd,

        @Nullable Git gitInfo,
        @Schema(required = true) MemoryMode memoryMode,
        @Schema(required = true) PersistenceMode persistenceMode,
        @Nullable String agentNickname,
        @Nullable String agentRole,
        @Nullable String agentPath,

        @Nullable @Schema(description = "The approval policy of the last turn.")
        FreeJson approvalMode,

        @Nullable @Schema(description = "The sandbox policy of the last turn.")
        FreeJson sandboxPolicy,

        @Nullable @Schema(description = "The tokens used so far.")
        FreeJson tokenUsage,

        @Schema(required = true, description = "How many rollout items are stored.")
        long itemCount,

        @Schema(required = true, description = "How many bytes their texts have together.")
        long byteCount,

        @Schema(required = true, description = "The ordinal that the next item gets.")
        long nextOrdinal,

        @Schema(required = true) Instant createdAt,

        @Schema(required = true, description = "When something was last appended, patched or unarchived.")
        Instant updatedAt,

        @Nullable @Schema(description = "When the thread was put away; absent if it is not.")
        Instant archivedAt,

        @Nullable @Schema(description = "The writer that was opened, in the answer to createThread.")
        Writer writer,

        @Nullable @Schema(description = "All items, if they were asked for.")
        History history) {

    /** What started a thread. */
    @Schema(name = "SessionSource", description = "What started the thread. A member is present where the kind has it.")
    record Source(
            @Schema(required = true) @Nullable SourceKind kind,

            @Nullable @Schema(description = "The name of a source of kind custom.", maxLength = 255)
            String custom,

            @Nullable @Schema(description = "The label of a source of kind sub_agent_other.", maxLength = 255)
            String other,

            @Nullable @Schema(description = "The spawning thread, for kind sub_agent_thread_spawn.")
            UUID parentThreadId,

            @Nullable
            @Schema(description = "How many spawns lie above, for kind sub_agent_thread_spawn.", minimum = "0")
            Integer depth,

            @Nullable @Schema(description = "The spawned agent's nickname.", maxLength = 255)
            String nickname,

            @Nullable @Schema(description = "The spawned agent's role.", maxLength = 255)
            String role,

            @Nullable @Schema(description = "The spawned agent's path.", maxLength = 255)
            String path) {

        static Source of(SessionSource source) {
            return new Source(
                    source.kind(),
                    source.custom(),
                    source.other(),
                    source.parentThreadId(),
                    source.depth(),
                    source.nickname(),
                    source.role(),
                    source.path());
        }
    }

    /** A git checkout. */
    @Schema(name = "GitInfo", description = "The git checkout that the thread worked in.")
    record Git(
            @Nullable String sha,
            @Nullable String branch,
            @Nullable String originUrl) {

        static @Nullable Git of(@Nullable GitInfo git) {
            return git == null ? null : new Git(git.sha(), git.branch(), git.originUrl());
        }
    }

    /** A thread's live writer, in short. */
    @Schema(name = "ThreadWriter", description = "The right to append to the thread.")
    record Writer(
            @Schema(required = true, description = "The writer's number; send it as Writer-Epoch.")
            long epoch,

            @Schema(required = true, description = "When the writer's lease ends.")
            Instant expiresAt) {

        static Writer of(LiveWriter writer) {
            return new Writer(writer.epoch(), writer.expiresAt());
        }
    }

    /** A history inside a thread. */
    @Schema(name = "ThreadHistory", description = "All rollout items of a thread, in order.")
    record History(@Schema(required = true) List<ItemResponse> items) {}

    static ThreadResponse of(StoredThread thread) {
        return of(thread, null);
    }

    static ThreadResponse of(CreatedThread created) {
        return of(created.thread(), Writer.of(created.writer()));
    }

    private static ThreadResponse of(StoredThread thread, @Nullable Writer writer) {
        var summary = thread.summary();
        return new ThreadResponse(
                thread.threadId().value(),
                summary.sessionId(),
                summary.forkedFromId(),
                summary.parentThreadId(),
                summary.name(),
                summary.preview(),
                summary.firstUserMessage(),
                Source.of(summary.source()),
                summary.threadSource(),
                summary.originator(),
                summary.cliVersion(),
                summary.modelProvider(),
                summary.model(),
                summary.reasoningEffort(),
                summary.cwd(),
                Git.of(summary.gitInfo()),
                summary.memoryMode(),
                thread.persistenceMode(),
                summary.agentNickname(),
                summary.agentRole(),
                summary.agentPath(),
                FreeJson.of(summary.approvalMode()),
                FreeJson.of(summary.sandboxPolicy()),
                FreeJson.of(summary.tokenUsage()),
                thread.itemCount(),
                thread.byteCount(),
                thread.nextOrdinal(),
                thread.createdAt(),
                thread.updatedAt(),
                thread.archivedAt(),
                writer,
                null);
    }
}
