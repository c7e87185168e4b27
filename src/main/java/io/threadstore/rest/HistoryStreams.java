package io.threadstore.rest;

import io.threadstore.admission.CurrentRequest;
import io.threadstore.platform.TextBuffer;
import io.threadstore.rollout.ItemPage;
import io.threadstore.rollout.ItemSource;
import io.threadstore.rollout.ItemViews;
import io.threadstore.rollout.RolloutReader;
import io.threadstore.rollout.StoredItem;
import io.threadstore.thread.StoredThread;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Histories and lists of items as streamed bodies, a page of items a chunk. */
@ApplicationScoped
class HistoryStreams {

    /** Around each text: an ordinal, a time, names of members. */
    private static final int AROUND_ITEM_BYTES = 96;

    /** A page of a list up to this length is answered as a whole. */
    private static final int WHOLE_BYTES = 256 * 1024;

    private final RolloutReader reader;
    private final ItemViews views;
    private final CurrentRequest current;
    private final ChunkMemory memory;

    HistoryStreams(RolloutReader reader, ItemViews views, CurrentRequest current, ChunkMemory memory) {
        this.reader = reader;
        this.views = views;
        this.current = current;
        this.memory = memory;
    }

    /** An item per line. */
    StreamedBody lines(StoredThread thread) {
        return stream(new Pages(reader.pages(thread), memory, "", "", "\n", "", views::writeItemLine));
    }

    /**
     * An array of items within other JSON.
     *
     * @param before the text up to and including the array's bracket
     * @param after the text from the closing bracket on
     */
    StreamedBody array(StoredThread thread, String before, String after) {
        return stream(new Pages(reader.pages(thread), memory, before, ",", "", after, views::writeItem));
    }

    /** The rollout file, packed. */
    StreamedBody rolloutFile(StoredThread thread, ContentCoding coding) {
        var lines = new Pages(reader.pages(thread), memory, "", "", "\n", "", views::writeLine);
        return stream(coding == ContentCoding.IDENTITY ? lines : new Packed(lines, coding));
    }

    /**
     * A page of a list of items: a text if it is short, else a streamed body, of which a few items at a time are in
     * memory. It takes no place among the histories; its request keeps its own.
     *
     * @param before the text up to and including the array's bracket
     * @param after the text from the closing bracket on
     */
    Object list(StoredThread thread, ItemPage page, String before, String after) {
        var items = reader.items(thread, page);
        var expected = before.length() + items.bytesLeft(AROUND_ITEM_BYTES) + after.length();
        if (expected > WHOLE_BYTES) {
            return stream(new Pages(items, memory, before, ",", "", after, views::writeItem));
        }
        var out = new TextBuffer((int) expected);
        out.append(before);
        while (!items.isEnded()) {
            items.passOn(item -> {
                out.append(out.length() == before.length() ? "" : ",");
                views.writeItem(item, out);
            });
        }
        out.append(after);
        return out.toJsonText().toString();
    }

    private StreamedBody stream(StreamedBody.Chunks chunks) {
        try {
            current.stream(ChunkMemory.BYTES_OF_A_STREAM);
        } catch (RuntimeException | Error e) {
            chunks.close();
            throw e;
        }
        return new StreamedBody(chunks);
    }

    /** The texts of a history or a list, page by page. */
    private static final class Pages implements StreamedBody.Chunks {

        /** How much text is put together before it goes into the chunk, unless an item is longer. */
        private static final int LINES_BYTES = 16 * 1024;

        private final ItemSource pages;
        private final ChunkMemory memory;
        private final byte[] before;
        private final String separator;
        private final String terminator;
        private final byte[] after;
        private final BiConsumer<StoredItem, TextBuffer> writer;
        private final TextBuffer lines = new TextBuffer(LINES_BYTES);

        /** By turns: the last, and the one before. */
        private final Deque<ByteBuffer> chunks = new ArrayDeque<>(2);

        private boolean begun;
        private boolean isRead;
        private boolean ended;

        /** How much of the text that is put together has been moved into chunks. */
        private int moved;

        private Pages(
                ItemSource pages,
                ChunkMemory memory,
                String before,
                String separator,
                String terminator,
                String after,
                BiConsumer<StoredItem, TextBuffer> writer) {
            this.pages = pages;
            this.memory = memory;
            this.before = before.getBytes(StandardCharsets.UTF_8);
            this.separator = separator;
            this.terminator = terminator;
            this.after = after.getBytes(StandardCharsets.UTF_8);
            this.writer = writer;
        }

        @Override
        public @Nullable ByteBuffer next() {
            if (ended) {
                return null;
            }
            var expected = lines.length() + before.length + pages.bytesLeft(AROUND_ITEM_BYTES) + after.length;
            chunks.addLast(
                    chunks.size() == 2
                            // the one before the last has been sent
                            ? memory.again(chunks.removeFirst(), expected)
                            : memory.take(expected));
            if (moved < lines.length()) {
                // the rest of an item that is longer than a chunk
                moveLines(0);
            } else {
                read();
            }
            ended = isRead && moved == lines.length();
            return chunks.getLast().flip();
        }

        private void read() {
            if (!begun) {
                lines.append(before);
            }
            pages.passOn(this::add);
            isRead = pages.isEnded();
            if (isRead) {
                lines.append(after);
            }
            moveLines(0);
        }

        private void add(StoredItem item) {
            var room = item.text().length() + AROUND_ITEM_BYTES;
            if (lines.length() + room > LINES_BYTES) {
                moveLines(room);
            }
            lines.append(begun ? separator : "");
            begun = true;
            writer.accept(item, lines);
            lines.append(terminator);
        }

        /**
         * Moves as much text as the chunk has room for; what is left is moved into the next ones.
         *
         * @param room how much comes next
         */
        private void moveLines(int room) {
            var chunk = makeRoom();
            var text = lines.toByteBuffer().position(moved);
            if (text.remaining() <= chunk.remaining()) {
                chunk.put(text);
                lines.clear(Math.max(LINES_BYTES, room));
                moved = 0;
            } else {
                text.limit(moved + chunk.remaining());
                moved = text.limit();
                chunk.put(text);
            }
        }

        /** The last chunk; a small one that turns out to be too small is replaced. */
        private ByteBuffer makeRoom() {
            var chunk = chunks.getLast();
            if (chunk.remaining() < lines.length() - moved && memory.isSmall(chunk)) {
                chunks.removeLast();
                chunk = memory.enlarge(chunk);
                chunks.addLast(chunk);
            }
            return chunk;
        }

        @Override
        public void pause() {
            pages.pause();
        }

        @Override
        public void sent() {
            chunks.forEach(memory::give);
            chunks.clear();
        }

        @Override
        public void close() {
            pages.close();
        }
    }

    /** Chunks, packed. */
    private static final class Packed implements StreamedBody.Chunks {

        private final StreamedBody.Chunks chunks;
        private final ByteArrayOutputStream packed = new ByteArrayOutputStream();
        private final OutputStream packer;
        private boolean ended;

        private Packed(StreamedBody.Chunks chunks, ContentCoding coding) {
            this.chunks = chunks;
            try {
                this.packer = coding.pack(packed);
            } catch (IOException e) {
                throw new UncheckedIOException("packing into memory does no output", e);
            }
        }

        @Override
        public @Nullable ByteBuffer next() {
            try {
                while (!ended && packed.size() == 0) {
                    var chunk = chunks.next();
                    if (chunk == null) {
                        ended = true;
                        packer.close();
                    } else {
                        Channels.newChannel(packer).write(chunk);
                        packer.flush();
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException("packing into memory does no output", e);
            }
            if (packed.size() == 0) {
                return null;
            }
            var bytes = ByteBuffer.wrap(packed.toByteArray());
            packed.reset();
            return bytes;
        }

        @Override
        public void pause() {
            chunks.pause();
        }

        @Override
        public void close() {
            // what was packed is not looked at again
            chunks.sent();
            chunks.close();
            try {
                packer.close();
            } catch (IOException e) {
                throw new UncheckedIOException("packing into memory does no output", e);
            }
        }
    }
}
