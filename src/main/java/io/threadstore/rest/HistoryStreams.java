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
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Whole histories as streamed bodies, a page of items a chunk. */
@ApplicationScoped
class HistoryStreams {

    private static final byte[] NOTHING = {};

    /** Around each text: an ordinal, a time, names of members. */
    private static final int AROUND_ITEM_BYTES = 96;

    private final RolloutReader reader;
    private final ItemViews views;
    private final StreamPlaces places;

    HistoryStreams(RolloutReader reader, ItemViews views, StreamPlaces places) {
        this.reader = reader;
        this.views = views;
        this.places = places;
    }

    /** An item per line. */
    StreamedBody lines(StoredThread thread) {
        places.take();
        return new StreamedBody(new Pages(reader.pagesToPassOn(thread), "", "", "\n", "", views::writeItemLine));
    }

    /**
     * An array of items within other JSON.
     *
     * @param before the text up to and including the array's bracket
     * @param after the text from the closing bracket on
     */
    StreamedBody array(StoredThread thread, String before, String after) {
        places.take();
        return new StreamedBody(new Pages(reader.pagesToPassOn(thread), before, ",", "", after, views::writeItem));
    }

    /** The rollout file, packed. */
    StreamedBody rolloutFile(StoredThread thread, ContentCoding coding) {
        places.take();
        var lines = new Pages(reader.pagesToPassOn(thread), "", "", "\n", "", views::writeLine);
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

        private final HistoryPages pages;
        private final String before;
        private final String separator;
        private final String terminator;
        private final String after;
        private final BiConsumer<StoredItem, TextBuffer> writer;
        private TextBuffer last = new TextBuffer(0);
        private TextBuffer beforeLast = new TextBuffer(0);
        private boolean begun;
        private boolean ended;

        private Pages(
                HistoryPages pages,
                String before,
                String separator,
                String terminator,
                String after,
                BiConsumer<StoredItem, TextBuffer> writer) {
            this.pages = pages;
            this.before = before;
            this.separator = separator;
            this.terminator = terminator;
            this.after = after;
            this.writer = writer;
        }

        @Override
        public @Nullable ByteBuffer next() {
            if (ended) {
                return null;
            }
            var items = pages.next();
            ended = pages.isEnded();
            var head = begun ? NOTHING : before.getBytes(StandardCharsets.UTF_8);
            var tail = ended ? after.getBytes(StandardCharsets.UTF_8) : NOTHING;
            // the chunk before the last has been sent
            var out = beforeLast;
            beforeLast = last;
            last = out;
            out.clear(head.length + roomFor(items) + tail.length);
            out.append(head);
            for (var item : items) {
                out.append(begun ? separator : "");
                begun = true;
                writer.accept(item, out);
                out.append(terminator);
            }
            out.append(tail);
            return out.toByteBuffer();
        }

        @Override
        public void pause() {
            pages.pause();
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
                        packer.write(chunk.array(), chunk.arrayOffset(), chunk.remaining());
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
            chunks.close();
            try {
                packer.close();
            } catch (IOException e) {
                throw new UncheckedIOException("packing into memory does no output", e);
            }
        }
    }
}
