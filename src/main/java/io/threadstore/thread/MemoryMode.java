package io.threadstore.thread;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import java.util.Optional;

/** Whether the agent may form memories from the thread. */
public enum MemoryMode {
    ENABLED,
    DISABLED;

    /** The word in JSON and in the table. */
    @JsonValue
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The mode of a word; empty for any other text. */
    public static Optional<MemoryMode> ofWord(String word) {
        return Words.find(values(), MemoryMode::word, word);
    }
}
