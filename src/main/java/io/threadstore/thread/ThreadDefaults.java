package io.threadstore.thread;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** What is assumed of threads that don't say. */
@ConfigMapping(prefix = "threadstore.threads")
public interface ThreadDefaults {

    /** The model provider of threads whose {@code session_meta} names none. */
    @WithDefault("openai")
    String modelProvider();
}
