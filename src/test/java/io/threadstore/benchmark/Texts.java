package io.threadstore.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;

/** What is sent. */
final class Texts {

    private static final String BEFORE =
            "{\"type\":\"response_item\",\"payload\":{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"";
    private static final String AFTER = "\"}]}}";
    private static final String PROSE =
            "The test fails because the index is read before it is built; I move the call. ";

    private Texts() {}

    /** A message of so many bytes. */
    static String item(int bytes) {
        var length = bytes - BEFORE.length() - AFTER.length();
        var item = BEFORE + PROSE.repeat(length / PROSE.length() + 1).substring(0, length) + AFTER;
        assertThat(item.getBytes(StandardCharsets.UTF_8)).hasSize(bytes);
        return item;
    }

    /** A message of so many bytes as a line of a rollout file, with its time. */
    static byte[] line(int bytes) {
        var time = "{\"timestamp\":\"2026-11-20T20:47:04.376Z\",";
        return (time + item(bytes - time.length() + 1).substring(1)).getBytes(StandardCharsets.UTF_8);
    }

    /** An event that no writer keeps. */
    static String dropped() {
        return "{\"type\":\"event_msg\",\"payload\":{\"type\":\"agent_message_delta\",\"delta\":\"The test fails because\"}}";
    }

    static String tokenCount() {
        var usage =
                "{\"input_tokens\":12345,\"cached_input_tokens\":6789,\"output_tokens\":321,\"reasoning_output_tokens\":123,\"total_tokens\":12666}";
        return "{\"type\":\"event_msg\",\"payload\":{\"type\":\"token_count\",\"info\":{\"total_token_usage\":" + usage
                + ",\"last_token_usage\":" + usage + ",\"model_context_window\":272000},\"rate_limits\":null}}";
    }
}
