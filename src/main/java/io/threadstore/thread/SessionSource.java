package io.threadstore.thread;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What started a thread (Codex notes, 2.4). A part is present only where the kind has it.
 *
 * @param kind which kind of program or sub-agent
 * @param custom the name, for {@link SourceKind#CUSTOM}
 * @param other the label, for {@link SourceKind#SUB_AGENT_OTHER}
 * @param parentThreadId the spawning thread, for {@link SourceKind#SUB_AGENT_THREAD_SPAWN}
 * @param depth how many spawns lie above, for {@link SourceKind#SUB_AGENT_THREAD_SPAWN}
 * @param nickname the spawned agent's nickname
 * @param role the spawned agent's role
 * @param path the spawned agent's path
 */
public record SessionSource(
        SourceKind kind,
        @Nullable String custom,
        @Nullable String other,
        @Nullable UUID parentThreadId,
        @Nullable Integer depth,
        @Nullable String nickname,
        @Nullable String role,
        @Nullable String path) {

    /**
     * A source from what is stored of it.
     *
     * @param label the name or label, of kinds that have one
     */
    static SessionSource stored(
            SourceKind kind,
            @Nullable String label,
            @Nullable UUID parentThreadId,
            @Nullable Integer depth,
            @Nullable String nickname,
            @Nullable String role,
            @Nullable String path) {
        var isSpawn = kind == SourceKind.SUB_AGENT_THREAD_SPAWN;
        return new SessionSource(
                kind,
                kind == SourceKind.CUSTOM ? label : null,
                kind == SourceKind.SUB_AGENT_OTHER ? label : null,
                parentThreadId,
                depth,
                isSpawn ? nickname : null,
                isSpawn ? role : null,
                isSpawn ? path : null);
    }

    /** A source that is nothing but its kind. */
    public static SessionSource of(SourceKind kind) {
        return new SessionSource(kind, null, null, null, null, null, null, null);
    }

    public static SessionSource custom(String name) {
        return new SessionSource(SourceKind.CUSTOM, name, null, null, null, null, null, null);
    }

    public static SessionSource subAgentOther(String label) {
        return new SessionSource(SourceKind.SUB_AGENT_OTHER, null, label, null, null, null, null, null);
    }

    public static SessionSource threadSpawn(
            UUID parentThreadId, int depth, @Nullable String nickname, @Nullable String role, @Nullable String path) {
        return new SessionSource(
                SourceKind.SUB_AGENT_THREAD_SPAWN, null, null, parentThreadId, depth, nickname, role, path);
    }
}
