package io.threadstore.thread;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import java.util.Optional;

/** Which appended items are kept: what replay needs, or more. */
public enum PersistenceMode {
    LIMITED,
    EXTENDED;

    /** The word in JSON and in the table. */
    @JsonValue
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The mode of a word; empty for any other text. */
    public static Optional<PersistenceMode> ofWord(String word) {
        return Words.find(values(), PersistenceMode::word, word);
    }
}
