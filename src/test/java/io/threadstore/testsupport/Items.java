package io.threadstore.testsupport;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.UUID;

/** Rollout items as JSON texts. */
public final class Items {

    /** A rollout file that Codex 0.129 wrote, and a fork of it. */
    public static final UUID ROLLOUT = UUID.fromString("01a1fab6-71a6-78b0-80d3-d8e7488ce317");

    public static final UUID FORK = UUID.fromString("01a1fab6-8cbb-7891-aff5-b5b0a5753c8f");

    private Items() {}

    public static String userMessage(String text) {
        return event("user_message", "\"message\":\"" + text + "\",\"images\":[]");
    }

    public static String agentMessage(String text) {
        return event("agent_message", "\"message\":\"" + text + "\"");
    }

    public static String event(String type, String members) {
        return "{\"type\":\"event_msg\",\"payload\":{\"type\":\"" + type + "\"" + (members.isEmpty() ? "" : ",")
                + members + "}}";
    }

    public static String responseItem(String text) {
        return "{\"type\":\"response_item\",\"payload\":{\"type\":\"message\",\"role\":\"user\",\"content\":"
                + "[{\"type\":\"input_text\",\"text\":\"" + text + "\"}]}}";
    }

    /** A line of a rollout file. */
    public static String sessionMeta(UUID threadId) {
        return "{\"timestamp\":\"2026-11-20T20:47:04.376Z\",\"type\":\"session_meta\",\"payload\":{\"id\":\"" + threadId
                + "\",\"timestamp\":\"2026-11-20T20:47:03.078Z\",\"cwd\":\"/home/dev/project\",\"originator\":\"test\","
                + "\"cli_version\":\"0.129.0\",\"source\":\"cli\",\"model_provider\":\"fake\"}}";
    }

    /** A line of a rollout file. */
    public static String timed(String item) {
        return "{\"timestamp\":\"2026-11-20T20:47:05.000Z\"," + item.substring(1);
    }

    /** The recorded rollout file of a thread. */
    public static byte[] rolloutFile(UUID threadId) {
        var name = threadId.equals(ROLLOUT)
                ? "rollout-2026-11-20T20-47-03-" + ROLLOUT + ".jsonl"
                : "rollout-2026-11-20T20-47-10-" + FORK + ".jsonl";
        try (var in = Items.class.getResourceAsStream("/rollouts/" + name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The recorded rollout file with another thread's id in it, so that each test has a thread of its own. */
    public static byte[] rolloutFileAs(UUID threadId) {
        return new String(rolloutFile(ROLLOUT), java.nio.charset.StandardCharsets.UTF_8)
                .replace(ROLLOUT.toString(), threadId.toString())
                .getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }
}
