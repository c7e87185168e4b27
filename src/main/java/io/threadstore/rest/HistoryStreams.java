package io.threadstore.rest;

import io.threadstore.platform.TextBuffer;
import io.threadstore.rollout.HistoryPages;
import io.threadstore.rollout.ItemPage;
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
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Whole histories as streamed bodies, a page of items a chunk. */
@ApplicationScoped
class HistoryStreams {

    /** Around each text: an ordinal, a time, names of members. */
    private static final int AROUND_ITEM_BYTES = 96;

    private final RolloutReader reader;
    private final ItemViews views;
    private final StreamPlaces places;
    private final ChunkMemory memory;

    HistoryStreams(RolloutReader reader, ItemViews views, StreamPlaces places, ChunkMemory memory) {
        this.reader = reader;
        this.views = views;
        this.places = places;
        this.memory = memory;
    }

    /** An item per line. */
    StreamedBody lines(StoredThread thread) {
        places.take();
        return new StreamedBody(new Pages(reader.pages(thread), memory, "", "", "\n", "", views::writeItemLine));
    }

    /**
     * An array of items within other JSON.
     *
     * @param before the text up to and including the array's bracket
     * @param after the text from the closing bracket on
     */
    StreamedBody array(StoredThread thread, String before, String after) {
        places.take();
        return new StreamedBody(new Pages(reader.pages(thread), memory, before, ",", "", after, views::writeItem));
    }

    /** The rollout file, packed. */
    StreamedBody rolloutFile(StoredThread thread, ContentCoding coding) {
        places.take();
        var lines = new Pages(reader.pages(thread), memory, "", "", "\n", "", views::writeLine);
        return new StreamedBody(coding == ContentCoding.IDENTITY ? lines : new Packed(lines, coding));
    }

    /** One page of items within other JSON. */
    String page(ItemPage page) {
        var out = new TextBuffer(roomFor(page.items()));
        var separator = "";
        for (var item : page.items()) {
            out.append(separator);
            views.writeItem(item, out);
            separator = ",";
        }
        return out.toJsonText().toString();
    }

    private static int roomFor(List<StoredItem> items) {
        var bytes = 0L;
        for (var item : items) {
            bytes += item.text().length() + AROUND_ITEM_BYTES;
        }
        return (int) Math.min(bytes, Integer.MAX_VALUE - 8);
    }

    /** A history's texts, page by page. */
    private static final class Pages implements StreamedBody.Chunks {

        /** How much text is put together before it goes into the chunk, unless an item is longer. */
        private static final int LINES_BYTES = 16 * 1024;

        private final HistoryPages pages;
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
        private boolean ended;

        private Pages(
                HistoryPages pages,
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
            var expected = before.length + pages.bytesLeft(AROUND_ITEM_BYTES) + after.length;
            chunks.addLast(
                    chunks.size() == 2
                            // the one before the last has been sent
                            ? memory.again(chunks.removeFirst(), expected)
                            : memory.take(expected));
            if (!begun) {
                lines.append(before);
            }
            pages.passOn(this::add);
            ended = pages.isEnded();
            if (ended) {
                lines.append(after);
            }
            moveLines(0);
            return chunks.getLast().flip();
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

        /** @param room how much comes next */
        private void moveLines(int room) {
            if (chunks.getLast().remaining() < lines.length()) {
                chunks.addLast(memory.grow(chunks.removeLast(), lines.length()));
            }
            chunks.getLast().put(lines.toByteBuffer());
            lines.clear(Math.max(LINES_BYTES, room));
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
