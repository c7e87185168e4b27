package io.threadstore.rollout;

import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The items of a checked rollout file, parsed by a thread of its own while those before are being stored: the one keeps a processor busy,
 * the other the database. A few batches wait at the most.
 */
final class ItemsAhead implements AutoCloseable {

    private static final int BATCH_ITEMS = 500;
    private static final int BATCH_BYTES = 512 * 1024;
    private static final int BATCHES = 3;

    /** How often it is checked that the reader still lives. */
    private static final int CHECK_MILLIS = 100;

    private final Source items;
    private final BlockingQueue<Batch> ready = new ArrayBlockingQueue<>(BATCHES);
    private final Queue<Line> batch = new ArrayDeque<>();
    private final Thread reader;
    private volatile boolean isClosed;
    private long number;
    private boolean ended;

    /** Why the reader ended early. In a field, so that the news needs no memory. */
    private volatile @Nullable Throwable failure;

    /** @throws ThreadStoreException {@link ErrorKind#UNAVAILABLE} if no thread can be created */
    ItemsAhead(RolloutSpool.Items items) {
        this(
                new Source() {
                    @Override
                    public @Nullable RolloutItem next() throws IOException {
                        return items.next();
                    }

                    @Override
                    public long number() {
                        return items.number();
                    }
                },
                task -> new Thread(task, "rollout-file-reader"));
    }

    ItemsAhead(Source items, ThreadFactory threads) {
        this.items = items;
        try {
            this.reader = threads.newThread(this::readAll);
            reader.setDaemon(true);
            reader.start();
        } catch (OutOfMemoryError e) {
            throw ThreadStoreException.of(
                    ErrorKind.UNAVAILABLE, "the service can't create a thread for the import; try again later", e);
        }
    }

    private void readAll() {
        try {
            List<Line> lines;
            do {
                lines = readSome();
                ready.put(new Batch(lines));
            } while (!lines.isEmpty() && !isClosed);
        } catch (Throwable e) {
            failure = e;
        }
    }

    private List<Line> readSome() throws IOException {
        var lines = new ArrayList<Line>();
        for (var bytes = 0; lines.size() < BATCH_ITEMS && bytes < BATCH_BYTES; ) {
            var item = items.next();
            if (item == null) {
                break;
            }
            lines.add(new Line(item, items.number()));
            bytes += item.text().length();
        }
        return lines;
    }

    /** The next item; null at the end. */
    @Nullable
    RolloutItem next() throws IOException {
        if (batch.isEmpty() && !ended) {
            take();
        }
        var line = batch.poll();
        if (line == null) {
            return null;
        }
        number = line.number;
        return line.item;
    }

    /** The item that {@link #next} is going to give; null at the end. */
    @Nullable
    RolloutItem peek() throws IOException {
        if (batch.isEmpty() && !ended) {
            take();
        }
        var line = batch.peek();
        return line == null ? null : line.item;
    }

    private void take() throws IOException {
        try {
            var next = ready.poll();
            for (var isAlive = true; next == null && isAlive; ) {
                isAlive = reader.isAlive();
                // also once after the reader's end: what it left
                next = isAlive ? ready.poll(CHECK_MILLIS, TimeUnit.MILLISECONDS) : ready.poll();
            }
            if (next == null) {
                throw ended();
            }
            ended = next.lines.isEmpty();
            batch.addAll(next.lines);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** The failure of a reader that ended without an end of the items. */
    private IOException ended() {
        var cause = failure;
        if (cause instanceof IOException e) {
            return e;
        }
        throw new UncheckedIOException(new IOException("a rollout file can't be read again", cause));
    }

    /** The line that the last item stood on in the file as it came, from 1. */
    long number() {
        return number;
    }

    /** Ends the reading; afterwards nothing reads the file. The reader is not interrupted, which would close the file. */
    @Override
    public void close() {
        isClosed = true;
        var interrupted = false;
        while (reader.isAlive()) {
            ready.clear();
            try {
                reader.join(1);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private record Line(RolloutItem item, long number) {}

    /** Items in a row; none at the end. */
    private record Batch(List<Line> lines) {}

    /** What is read: the items of a file, one by one. */
    interface Source {

        /** The next item; null at the end. */
        @Nullable
        RolloutItem next() throws IOException;

        /** The line that the last item stood on, from 1. */
        long number();
    }
}
