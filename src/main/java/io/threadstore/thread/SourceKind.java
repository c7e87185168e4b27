package io.threadstore.thread;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import java.util.Optional;

/** The kinds of program or sub-agent that start threads (Codex notes, 2.4). */
public enum SourceKind {
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

    /** The word in JSON. */
    @JsonValue
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The kind of a word; empty for any other text. */
    public static Optional<SourceKind> ofWord(String word) {
        return Words.find(values(), SourceKind::word, word);
    }
}
