package io.threadstore.torture;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A file system of its own in memory, which can be filled; where none may be mounted (that takes root), a new directory like any other. */
final class SmallDisk implements AutoCloseable {

    private static final String SIZE = "size=4g";
    private static final int BLOCK = 1 << 20;
    private static final int SMALLEST_BLOCK = 1 << 12;

    private final Path directory;
    private final boolean mounted;

    SmallDisk() throws IOException {
        var mountPoint = Files.createTempDirectory("threadstore-torture-");
        mounted = run("mount", "-t", "tmpfs", "-o", SIZE, "tmpfs", mountPoint.toString());
        if (mounted) {
            directory = mountPoint;
            // whatever ends this run
            Runtime.getRuntime().addShutdownHook(new Thread(this::unmount));
        } else {
            Files.delete(mountPoint);
            directory = Files.createTempDirectory(Files.createDirectories(Path.of("target")), "torture-database-");
        }
    }

    Path directory() {
        return directory;
    }

    boolean canBeFilled() {
        return mounted;
    }

    /** Takes all the space that is left. */
    void fill() throws IOException {
        // most of it at once, as touching gigabytes takes its time
        var most = Files.getFileStore(directory).getUsableSpace() - BLOCK;
        run("fallocate", "--length", Long.toString(most), filler().toString());
        var bytes = BLOCK;
        try (var channel = FileChannel.open(filler(), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            while (bytes >= SMALLEST_BLOCK) {
                try {
                    channel.write(ByteBuffer.allocate(bytes));
                } catch (IOException e) {
                    // full, for a block of this size
                    bytes /= 2;
                }
            }
        }
    }

    void makeRoom() throws IOException {
        Files.delete(filler());
    }

    private Path filler() {
        return directory.resolve("filler");
    }

    private static boolean run(String... command) throws IOException {
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            // no such program here
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private void unmount() {
        try {
            if (Files.exists(directory) && run("umount", "--lazy", directory.toString())) {
                Files.delete(directory);
            }
        } catch (IOException e) {
            System.err.println("unmounting " + directory + ": " + e);
        }
    }

    @Override
    public void close() {
        if (mounted) {
            unmount();
        }
    }
}
