package io.threadstore.rollout;

import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.JsonText;
import io.threadstore.platform.Limits;
import io.threadstore.platform.limits.RequestMemory;
import io.threadstore.thread.TextLimits;
import io.threadstore.thread.ThreadId;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Takes a rollout file in before anything is stored: every line is checked and written to a temporary file, so that the
 * transaction that stores it neither waits for a slow client nor meets a broken line halfway.
 */
@ApplicationScoped
class RolloutSpool {

    private static final Logger LOG = Logger.getLogger(RolloutSpool.class);

    /**
     * What an import holds for each byte of its longest line's buffer: the line, the item, and what is sent to the
     * database.
     */
    private static final int COST = 4;

    private static final byte[] BLANK = {};

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
     * @throws ThreadStoreException INVALID_REQUEST with the line's number, SESSION_META_MISMATCH, REQUEST_TOO_LARGE,
     *     UNAVAILABLE
     */
    Spooled take(ThreadId threadId, InputStream rollout) throws IOException {
        var memory = RequestMemory.ofCurrentRequest();
        Spooled spooled = null;
        var isFilled = false;
        try {
            spooled = new Spooled();
            fill(
                    spooled,
                    threadId,
                    new RolloutLines(rollout, itemLimit, maxBytes, bytes -> memory.accept(bytes * COST)));
            isFilled = true;
            return spooled;
        } finally {
            // whatever ended it, an Error included
            if (!isFilled && spooled != null) {
                spooled.close();
            }
        }
    }

    private void fill(Spooled spooled, ThreadId threadId, RolloutLines lines) throws IOException {
        var written = 0L;
        for (var line = lines.next(); line.isPresent(); line = lines.next()) {
            var item = read(lines, line.get());
            if (written == 0) {
                requireOwnSessionMeta(threadId, item, lines.number());
            }
            // blank lines are kept as such, so that lines keep their numbers
            for (; written < lines.number() - 1; written++) {
                spooled.writeLine(BLANK);
            }
            spooled.writeLine(line.get().buffer());
            written++;
        }
        if (written == 0) {
            throw ThreadStoreException.of(ErrorKind.INVALID_REQUEST, "the rollout file is empty");
        }
        spooled.endWriting();
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
                    "expected the session_meta of %s, found %s".formatted(threadId, shortened(first.type())),
                    threadId,
                    line);
        }
        var found = sessionMeta.idOf(first);
        if (!found.equalsIgnoreCase(threadId.toString())) {
            throw mismatch(
                    "rollout session metadata id mismatch: expected %s, found %s".formatted(threadId, shortened(found)),
                    threadId,
                    line);
        }
    }

    private static @Nullable String shortened(String text) {
        return TextLimits.cut(text, 100);
    }

    private static ThreadStoreException mismatch(String message, ThreadId threadId, long line) {
        return ThreadStoreException.of(ErrorKind.SESSION_META_MISMATCH, message)
                .about(threadId.value())
                .atLine(line);
    }

    /**
     * A checked rollout file on disk. It has no name any more where the operating system allows that, so that not even a crash leaves it
     * behind. Its failures are the store's own, unlike those of the body that is being read.
     */
    final class Spooled extends CheckedRollout {

        private final FileChannel file;
        private final OutputStream out;
        private final AtomicBoolean isClosed = new AtomicBoolean();

        private Spooled() {
            try {
                file = FileChannel.open(
                        Files.createTempFile("threadstore-import-", ".jsonl"),
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.DELETE_ON_CLOSE);
            } catch (IOException e) {
                throw diskFailure(e);
            }
            try {
                out = new BufferedOutputStream(Channels.newOutputStream(file), 64 * 1024);
            } catch (Error e) {
                closeFile();
                throw e;
            }
        }

        private void writeLine(byte[] line) {
            try {
                out.write(line);
                out.write('\n');
            } catch (IOException e) {
                throw diskFailure(e);
            }
        }

        private void endWriting() {
            try {
                out.flush();
            } catch (IOException e) {
                throw diskFailure(e);
            }
        }

        @Override
        Items open() throws IOException {
            file.position(0);
            return new Items(new BufferedInputStream(Channels.newInputStream(file), 64 * 1024));
        }

        @Override
        public void close() {
            if (!isClosed.getAndSet(true)) {
                closeFile();
            }
        }

        private void closeFile() {
            try {
                file.close();
            } catch (IOException e) {
                LOG.warnf("a temporary file may stay behind: reason=%s", e.getMessage());
            }
        }
    }

    private static ThreadStoreException diskFailure(IOException e) {
        LOG.errorf(e, "the temporary file of an import can't be written");
        return ThreadStoreException.of(
                ErrorKind.UNAVAILABLE, "there is no room to take the rollout file in; try again later", e);
    }

    /** The items of a checked rollout file, one by one. */
    final class Items {

        private final RolloutLines lines;

        private Items(InputStream in) {
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
    }
}
