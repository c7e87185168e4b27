package io.threadstore.rollout;

import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.JsonText;
import io.threadstore.platform.Limits;
import io.threadstore.thread.ThreadId;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Takes a rollout file in before anything is stored: every line is checked and written to a temporary file, so that the
 * transaction that stores it neither waits for a slow client nor meets a broken line halfway.
 */
@ApplicationScoped
class RolloutSpool {

    private static final Logger LOG = Logger.getLogger(RolloutSpool.class);

    private final ItemReader items;
    private final ItemLimit itemLimit;
    private final SessionMeta sessionMeta;
    private final long maxBytes;

    RolloutSpool(ItemReader items, ItemLimit itemLimit, SessionMeta sessionMeta, Limits limits) {
        this.items = items;
        this.itemLimit = itemLimit;
        this.sessionMeta = sessionMeta;
        this.maxBytes = limits.rollout().asLongValue();
    }

    /**
     * Checks and keeps a rollout file.
     *
     * @throws ThreadStoreException INVALID_REQUEST with the line's number, SESSION_META_MISMATCH, REQUEST_TOO_LARGE
     */
    Spooled take(ThreadId threadId, InputStream rollout) throws IOException {
        var spooled = new Spooled(Files.createTempFile("threadstore-import-", ".jsonl"));
        try (var out = new SpoolFile(spooled.file)) {
            var lines = new RolloutLines(rollout, itemLimit, maxBytes);
            var isFirst = true;
            var written = 0L;
            for (var line = lines.next(); line.isPresent(); line = lines.next()) {
                var item = read(lines, line.get());
                if (isFirst) {
                    requireOwnSessionMeta(threadId, item, lines.number());
                    isFirst = false;
                }
                // blank lines are kept as such, so that lines keep their numbers
                for (; written < lines.number() - 1; written++) {
                    out.writeLine(new byte[0]);
                }
                out.writeLine(line.get().buffer());
                written++;
            }
            if (isFirst) {
                throw ThreadStoreException.of(ErrorKind.INVALID_REQUEST, "the rollout file is empty");
            }
            return spooled;
        } catch (IOException | RuntimeException e) {
            spooled.close();
            throw e;
        }
    }

    private RolloutItem read(RolloutLines lines, JsonText line) {
        try {
            return items.read(line);
        } catch (ThreadStoreException e) {
            throw e.atLine(lines.number());
        }
    }

    private void requireOwnSessionMeta(ThreadId threadId, RolloutItem first, long line) {
        if (!first.isSessionMeta()) {
            throw mismatch(
                    "expected the session_meta of %s, found %s".formatted(threadId, first.type()), threadId, line);
        }
        var found = sessionMeta.idOf(first);
        if (!found.equalsIgnoreCase(threadId.toString())) {
            throw mismatch(
                    "rollout session metadata id mismatch: expected %s, found %s".formatted(threadId, found),
                    threadId,
                    line);
        }
    }

    private static ThreadStoreException mismatch(String message, ThreadId threadId, long line) {
        return ThreadStoreException.of(ErrorKind.SESSION_META_MISMATCH, message)
                .about(threadId.value())
                .atLine(line);
    }

    /** The temporary file. Its failures are the store's own, unlike those of the body that is being read. */
    private static final class SpoolFile implements AutoCloseable {

        private final OutputStream out;

        SpoolFile(Path file) throws IOException {
            out = new BufferedOutputStream(Files.newOutputStream(file), 64 * 1024);
        }

        void writeLine(byte[] line) {
            try {
                out.write(line);
                out.write('\n');
            } catch (IOException e) {
                throw new UncheckedIOException("the temporary file of an import can't be written", e);
            }
        }

        @Override
        public void close() {
            try {
                out.close();
            } catch (IOException e) {
                throw new UncheckedIOException("the temporary file of an import can't be written", e);
            }
        }
    }

    /** A checked rollout file; closing removes it. */
    final class Spooled implements AutoCloseable {

        private final Path file;

        private Spooled(Path file) {
            this.file = file;
        }

        /** Reads its lines from the first one on. */
        Items open() throws IOException {
            return new Items(Files.newInputStream(file));
        }

        @Override
        public void close() {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                LOG.warnf("a temporary file stays behind: file=%s", file);
            }
        }
    }

    /** The items of a checked rollout file, one by one. */
    final class Items implements AutoCloseable {

        private final InputStream in;
        private final RolloutLines lines;

        private Items(InputStream in) {
            this.in = in;
            this.lines = new RolloutLines(in, itemLimit, Long.MAX_VALUE);
        }

        /** The next item; null at the end. */
        @Nullable
        RolloutItem next() throws IOException {
            return lines.next().map(items::reread).orElse(null);
        }

        /** The line that the last item stood on in the file as it came, from 1. */
        long number() {
            return lines.number();
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
