package io.threadstore.thread;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What started a thread (Codex notes, 2.4). A part is present only where the kind has it.
 *
 * @param kind which kind of program or sub-agent
 * @param custom the name, for {@link Kind#CUSTOM}
 * @param other the label, for {@link Kind#SUB_AGENT_OTHER}
 * @param parentThreadId the spawning thread, for {@link Kind#SUB_AGENT_THREAD_SPAWN}
 * @param depth how many spawns lie above, for {@link Kind#SUB_AGENT_THREAD_SPAWN}
 * @param nickname the spawned agent's nickname
 * @param role the spawned agent's role
 * @param path the spawned agent's path
 */
public record SessionSource(
        Kind kind,
        @Nullable String custom,
        @Nullable String other,
        @Nullable UUID parentThreadId,
        @Nullable Integer depth,
        @Nullable String nickname,
        @Nullable String role,
        @Nullable String path) {

    /** The kinds of source. */
    public enum Kind {
        CLI,
        VSCODE,
        EXEC,
        APP_SERVER,
        CUSTOM,
        SUB_AGENT_REVIEW,
        SUB_AGENT_COMPACT,
        SUB_AGENT_THREAD_SPAWN,
        SUB_AGENT_MEMORY_CONSOLIDATION,
        SUB_AGENT_OTHER,
        UNKNOWN;

        /** The word in JSON and in the table. */
        @JsonValue
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** The kind of a word; empty for any other text. */
        public static Optional<Kind> ofWord(String word) {
            return Words.find(values(), Kind::word, word);
        }
    }

    /** A source that is nothing but its kind. */
    public static SessionSource of(Kind kind) {
        return new SessionSource(kind, null, null, null, null, null, null, null);
    }

    public static SessionSource custom(String name) {
        return new SessionSource(Kind.CUSTOM, name, null, null, null, null, null, null);
    }

    public static SessionSource subAgentOther(String label) {
        return new SessionSource(Kind.SUB_AGENT_OTHER, null, label, null, null, null, null, null);
    }

    public static SessionSource threadSpawn(
            UUID parentThreadId, int depth, @Nullable String nickname, @Nullable String role, @Nullable String path) {
        return new SessionSource(Kind.SUB_AGENT_THREAD_SPAWN, null, null, parentThreadId, depth, nickname, role, path);
    }
}
