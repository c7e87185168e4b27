package io.threadstore.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/** What the build has packaged: an application for the JVM or, with -Dnative, an executable. */
public final class PackagedService {

    private static final Path TARGET = Path.of("target");

    private PackagedService() {}

    /** Whether it is a native executable, which has no embedded database. */
    public static boolean isNative() {
        return "native".equals(artifact().getProperty("type"));
    }

    /** The command that runs it with these options: -D, -Xmx. */
    public static List<String> command(String... options) {
        var command = new ArrayList<String>();
        var path =
                TARGET.resolve(artifact().getProperty("path")).toAbsolutePath().toString();
        if (isNative()) {
            command.add(path);
            command.addAll(List.of(options));
        } else {
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(List.of(options));
            command.addAll(List.of("-jar", path));
        }
        return command;
    }

    /** Quarkus' own note of what it has built. */
    private static Properties artifact() {
        var properties = new Properties();
        try (var in = Files.newInputStream(TARGET.resolve("quarkus-artifact.properties"))) {
            properties.load(in);
            return properties;
        } catch (IOException e) {
            throw new UncheckedIOException("Nothing is packaged: run ./mvnw package first", e);
        }
    }
}
