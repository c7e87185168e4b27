package io.threadstore.codex;

/**
 * A path for a thread that has no file. Codex never opens it, but some of its operations fail where it is missing (Codex notes, 2.5).
 */
final class RolloutPath {

    private RolloutPath() {}

    static String of(Object threadId) {
        return "/threadstore/" + threadId + ".jsonl";
    }
}
