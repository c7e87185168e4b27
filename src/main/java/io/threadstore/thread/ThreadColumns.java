package io.threadstore.thread;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The columns of {@code thread} that are shown, read one after the other. In plain SQL: entities, which nobody changes here, and the
 * transactions around them were most of what a look at a thread cost (docs/benchmarks.md).
 */
final class ThreadColumns {

    static final String NAMES = """
            thread_key, thread_id, state, version, epoch, persistence_mode, item_count, byte_count, next_ordinal, created_at, updated_at,
            archived_at, session_id, forked_from_id, parent_thread_id, name, first_user_message, source_kind, source_label,
            source_parent_id, source_depth, thread_source, originator, cli_version, model_provider, model, reasoning_effort, cwd,
            git_sha, git_branch, git_origin_url, memory_mode, agent_nickname, agent_role, agent_path, approval_mode, sandbox_policy,
            token_usage
            """;

    private final ResultSet row;
    private int column;

    private ThreadColumns(ResultSet row) {
        this.row = row;
    }

    /** @param defaultProvider the provider of a thread that names none */
    static StoredThread read(ResultSet row, String defaultProvider) throws SQLException {
        return new ThreadColumns(row).read(defaultProvider);
    }

    private StoredThread read(String defaultProvider) throws SQLException {
        return new StoredThread(
                number(),
                new ThreadId(UUID.fromString(text())),
                ThreadState.valueOf(text()),
                number(),
                number(),
                PersistenceMode.valueOf(text()),
                number(),
                number(),
                number(),
                Instant.ofEpochMilli(number()),
                Instant.ofEpochMilli(number()),
                time(),
                summary(defaultProvider));
    }

    private StoredThread.Summary summary(String defaultProvider) throws SQLException {
        var sessionId = uuid();
        var forkedFromId = uuid();
        var parentThreadId = uuid();
        var name = textOrNull();
        var firstUserMessage = textOrNull();
        var sourceKind = SourceKind.valueOf(text());
        var sourceLabel = textOrNull();
        var sourceParentId = uuid();
        var sourceDepth = depth();
        var threadSource = textOrNull();
        var originator = textOrNull();
        var cliVersion = textOrNull();
        var modelProvider = textOrNull();
        var model = textOrNull();
        var reasoningEffort = textOrNull();
        var cwd = textOrNull();
        var gitInfo = GitInfo.of(textOrNull(), textOrNull(), textOrNull());
        var memoryMode = MemoryMode.valueOf(text());
        var agentNickname = textOrNull();
        var agentRole = textOrNull();
        var agentPath = textOrNull();
        return new StoredThread.Summary(
                sessionId,
                forkedFromId,
                parentThreadId,
                name,
                firstUserMessage,
                SessionSource.stored(
                        sourceKind, sourceLabel, sourceParentId, sourceDepth, agentNickname, agentRole, agentPath),
                threadSource,
                originator,
                cliVersion,
                modelProvider == null ? defaultProvider : modelProvider,
                model,
                reasoningEffort,
                cwd,
                gitInfo,
                memoryMode,
                agentNickname,
                agentRole,
                agentPath,
                textOrNull(),
                textOrNull(),
                textOrNull());
    }

    private long number() throws SQLException {
        return row.getLong(++column);
    }

    private String text() throws SQLException {
        return Objects.requireNonNull(textOrNull());
    }

    private @Nullable String textOrNull() throws SQLException {
        return row.getString(++column);
    }

    private @Nullable UUID uuid() throws SQLException {
        var text = textOrNull();
        return text == null ? null : UUID.fromString(text);
    }

    private @Nullable Instant time() throws SQLException {
        var millis = number();
        return row.wasNull() ? null : Instant.ofEpochMilli(millis);
    }

    private @Nullable Integer depth() throws SQLException {
        var depth = row.getInt(++column);
        return row.wasNull() ? null : depth;
    }
}
