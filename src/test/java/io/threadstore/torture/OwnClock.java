package io.threadstore.torture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * The time of day as one process sees it, by a small library that is put before the system's. It is compiled here:
 * where there is no C compiler, a clock can't be moved.
 */
final class OwnClock {

    private static final Path SOURCE = Path.of("src", "test", "resources", "torture", "own-clock.c");
    private static final Optional<Path> LIBRARY = compile();

    private final Path file;

    /** Nanoseconds that it is ahead. */
    private final MappedByteBuffer ahead;

    OwnClock() throws IOException {
        file = Files.createTempFile("threadstore-clock-", "");
        file.toFile().deleteOnExit();
        try (var channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ahead = channel.map(FileChannel.MapMode.READ_WRITE, 0, Long.BYTES);
        }
        ahead.order(ByteOrder.nativeOrder());
    }

    static boolean isPossible() {
        return LIBRARY.isPresent();
    }

    /** The environment of the process. */
    Map<String, String> environment() {
        return LIBRARY.map(library -> Map.of("LD_PRELOAD", library.toString(), "OWN_CLOCK_FILE", file.toString()))
                .orElse(Map.of());
    }

    /** Moves it, at once; {@link Duration#ZERO} sets it right. */
    void moveAhead(Duration by) {
        ahead.putLong(0, by.toNanos());
    }

    private static Optional<Path> compile() {
        try {
            var library = Files.createTempFile("threadstore-own-clock-", ".so");
            library.toFile().deleteOnExit();
            var compiler = new ProcessBuilder(
                            "cc", "-O2", "-shared", "-fPIC", "-o", library.toString(), SOURCE.toString())
                    .inheritIO();
            return compiler.start().waitFor() == 0 ? Optional.of(library) : Optional.empty();
        } catch (IOException e) {
            System.err.println("no C compiler, so no clock jumps: " + e.getMessage());
            return Optional.empty();
        } catch (InterruptedException e) {
            throw new UncheckedIOException(new IOException(e));
        }
    }
}
