package io.threadstore.platform.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** The right to use a directory, given to one process at a time by the operating system and given back when it ends. */
final class DirectoryLock {

    private final FileChannel channel;

    private DirectoryLock(FileChannel channel) {
        this.channel = channel;
    }

    /** @throws IllegalStateException if another process has it */
    static DirectoryLock take(Path directory) throws IOException {
        var file = directory.resolve("lock");
        var channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        if (tryLock(channel) == null) {
            var holder = Files.readString(file).strip();
            channel.close();
            throw new IllegalStateException(
                    ("Another Threadstore process%s uses the embedded database in %s. Stop it, or give this one a directory of"
                                    + " its own (THREADSTORE_EMBEDDED_DIRECTORY), or a database server"
                                    + " (THREADSTORE_DB_URL).")
                            .formatted(holder.isEmpty() ? "" : " (pid " + holder + ")", directory));
        }
        channel.truncate(0);
        channel.write(
                ByteBuffer.wrap(Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)));
        return new DirectoryLock(channel);
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    void release() {
        try {
            channel.close();
        } catch (IOException e) {
            // the operating system gives the lock back in any case
        }
    }
}
