package io.threadstore.rollout;

import io.threadstore.platform.JsonText;
import io.threadstore.testsupport.Settings;

/** Reads items as the service does, with a limit of 16 MiB. */
public final class TestReader {

    public static final ItemReader READER = new ItemReader(Settings.JSON, new ItemLimit(16 * 1024 * 1024));

    private TestReader() {}

    public static RolloutItem read(String item) {
        return READER.read(JsonText.of(item));
    }
}
