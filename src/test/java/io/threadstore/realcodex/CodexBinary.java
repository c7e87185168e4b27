package io.threadstore.realcodex;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * A published Codex executable. It is fetched once with {@code npm pack}, which asks the registry that the user has configured and
 * checks what came against the registry's own digest.
 *
 * @param version as published: {@code 0.129.0}
 * @param executable the file to run
 */
record CodexBinary(String version, Path executable) {

    private static final Path DIRECTORY = Path.of("target", "codex");

    /** What npm prints when it can't reach the registry. */
    private static final List<String> UNREACHABLE =
            List.of("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "EHOSTUNREACH");

    private static final Map<String, CodexBinary> FETCHED = new ConcurrentHashMap<>();

    /** The binary; without npm, or where its registry can't be reached, the test is skipped and the reason printed. */
    static CodexBinary of(String version) {
        return FETCHED.computeIfAbsent(version, CodexBinary::fetch);
    }

    private static CodexBinary fetch(String version) {
        var directory = DIRECTORY.resolve(version);
        try {
            var unpacked = find(directory);
            if (unpacked == null) {
                Files.createDirectories(directory);
                download(version, directory);
                unpacked = find(directory);
            }
            if (unpacked == null) {
                throw new AssertionError("no executable in Codex " + version);
            }
            return new CodexBinary(version, unpacked.toAbsolutePath());
        } catch (IOException e) {
            throw new AssertionError("Codex " + version + " can't be unpacked", e);
        }
    }

    private static void download(String version, Path directory) throws IOException {
        var name = "@openai/codex@" + version + "-" + platform();
        Process npm;
        var output = directory.resolve("npm.log");
        try {
            npm = run(directory, output, "npm", "pack", "--loglevel=error", name);
        } catch (IOException e) {
            throw skip(version, "npm can't be run: " + e.getMessage());
        }
        var said = Files.readString(output);
        if (npm.exitValue() != 0) {
            if (UNREACHABLE.stream().anyMatch(said::contains)) {
                throw skip(version, "npm can't reach its registry: " + said);
            }
            throw new AssertionError("npm pack " + name + " failed: " + said);
        }
        var archive =
                said.lines().filter(line -> line.endsWith(".tgz")).findFirst().orElseThrow();
        var tar = run(directory, directory.resolve("tar.log"), "tar", "xzf", archive);
        if (tar.exitValue() != 0) {
            throw new AssertionError("tar can't unpack " + archive);
        }
        Files.delete(directory.resolve(archive));
    }

    private static RuntimeException skip(String version, String reason) {
        System.out.println("SKIPPED: nothing was tried with Codex " + version + ", because " + reason);
        Assumptions.abort(reason);
        return new IllegalStateException(reason);
    }

    private static Process run(Path directory, Path output, String... command) throws IOException {
        var process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            if (!process.waitFor(5, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                throw new AssertionError(command[0] + " does not end");
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
        return process;
    }

    private static Path find(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return null;
        }
        try (var files = Files.walk(directory)) {
            return files.filter(file -> file.endsWith("codex/codex") && Files.isRegularFile(file))
                    .findFirst()
                    .orElse(null);
        }
    }

    private static String platform() {
        var system = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("mac") ? "darwin" : "linux";
        return system + (System.getProperty("os.arch").equals("aarch64") ? "-arm64" : "-x64");
    }
}
