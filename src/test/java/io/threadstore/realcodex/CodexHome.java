package io.threadstore.realcodex;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What a Codex process runs on: a {@code CODEX_HOME} with a configuration, and the directory it works in.
 *
 * @param home its own home
 * @param workDirectory where it works
 */
record CodexHome(Path home, Path workDirectory) {

    /** A home whose threads are kept by the service at this address. */
    static CodexHome remote(Path directory, ScriptedModel model, String endpoint) throws IOException {
        return configured(
                directory, model, "experimental_thread_store = { type = \"remote\", endpoint = \"" + endpoint + "\" }");
    }

    /** A home whose threads are kept in files of its own. */
    static CodexHome local(Path directory, ScriptedModel model) throws IOException {
        return configured(directory, model, "");
    }

    private static CodexHome configured(Path directory, ScriptedModel model, String store) throws IOException {
        var home = Files.createDirectories(directory.resolve("home")).toAbsolutePath();
        var work = Files.createDirectories(directory.resolve("work")).toAbsolutePath();
        Files.writeString(home.resolve("config.toml"), """
                model = "gpt-5"
                model_provider = "scripted"
                approval_policy = "never"
                sandbox_mode = "danger-full-access"
                %s

                [model_providers.scripted]
                name = "scripted"
                base_url = "%s"
                wire_api = "responses"
                request_max_retries = 0
                stream_max_retries = 0
                supports_websockets = false

                [analytics]
                enabled = false
                """.formatted(store, model.url()));
        return new CodexHome(home, work);
    }

    /** A process of this Codex here, not yet started. */
    ProcessBuilder process(CodexBinary codex, String... arguments) {
        var command = new ArrayList<String>();
        command.add(codex.executable().toString());
        command.addAll(List.of(arguments));
        var builder = new ProcessBuilder(command).directory(workDirectory.toFile());
        builder.environment().keySet().retainAll(List.of("PATH", "LANG"));
        builder.environment().putAll(Map.of("HOME", home.toString(), "CODEX_HOME", home.toString()));
        return builder;
    }

    /** Files of threads below this home. */
    List<Path> rollouts() throws IOException {
        try (var files = Files.walk(home)) {
            return files.filter(file -> file.getFileName().toString().matches("rollout-.*\\.jsonl"))
                    .sorted()
                    .toList();
        }
    }
}
