package io.threadstore.rest;

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
import java.nio.charset.StandardCharsets;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Whole histories as streamed bodies, a page of items a chunk. */
@ApplicationScoped
class HistoryStreams {

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
        return new StreamedBody(new Pages(thread, "", "", "\n", "", views::writeItemLine));
    }

    /**
     * An array of items within other JSON.
     *
     * @param before the text up to and including the array's bracket
     * @param after the text from the closing bracket on
     */
    StreamedBody array(StoredThread thread, String before, String after) {
        places.take();
        return new StreamedBody(new Pages(thread, before, ",", "", after, views::writeItem));
    }

    /** The rollout file, packed. */
    StreamedBody rolloutFile(StoredThread thread, ContentCoding coding) {
        places.take();
        var lines = new Pages(thread, "", "", "\n", "", views::writeLine);
        return new StreamedBody(coding == ContentCoding.IDENTITY ? lines : new Packed(lines, coding));
    }

    /** One page of items within other JSON. */
    String page(ItemPage page) {
        var out = new ByteArrayOutputStream();
        var separator = "";
        for (var item : page.items()) {
            out.writeBytes(separator.getBytes(StandardCharsets.US_ASCII));
            views.writeItem(item, out);
            separator = ",";
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    /** A history's texts, page by page. */
    private final class Pages implements StreamedBody.Chunks {

        private final StoredThread thread;
        private final String before;
        private final String separator;
        private final String terminator;
        private final String after;
        private final BiConsumer<StoredItem, ByteArrayOutputStream> writer;
        private long next;
        private boolean begun;
        private boolean ended;

        private Pages(
                StoredThread thread,
                String before,
                String separator,
                String terminator,
                String after,
                BiConsumer<StoredItem, ByteArrayOutputStream> writer) {
            this.thread = thread;
            this.before = before;
            this.separator = separator;
            this.terminator = terminator;
            this.after = after;
            this.writer = writer;
        }

        @Override
        public byte @Nullable [] next() {
            if (ended) {
                return null;
            }
            var page = reader.readOn(thread, next);
            var out = new ByteArrayOutputStream(64 * 1024);
            if (!begun) {
                write(out, before);
            }
            for (var item : page.items()) {
                write(out, begun ? separator : "");
                begun = true;
                writer.accept(item, out);
                write(out, terminator);
                next = item.ordinal() + 1;
            }
            if (next >= thread.nextOrdinal()) {
                ended = true;
                write(out, after);
            }
            return out.toByteArray();
        }

        private static void write(ByteArrayOutputStream out, String text) {
            out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
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
        public byte @Nullable [] next() {
            try {
                while (!ended && packed.size() == 0) {
                    var chunk = chunks.next();
                    if (chunk == null) {
                        ended = true;
                        packer.close();
                    } else {
                        packer.write(chunk);
                        packer.flush();
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException("packing into memory does no output", e);
            }
            if (packed.size() == 0) {
                return null;
            }
            var bytes = packed.toByteArray();
            packed.reset();
            return bytes;
        }

        @Override
        public void close() {
            try {
                packer.close();
            } catch (IOException e) {
                throw new UncheckedIOException("packing into memory does no output", e);
            }
        }
    }
}
