package io.threadstore.rollout;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * The items of a checked rollout file, parsed by a thread of its own while those before are being stored: the one keeps a processor busy,
 * the other the database. A few batches wait at the most.
 */
final class ItemsAhead implements AutoCloseable {

    private static final int BATCH_ITEMS = 500;
    private static final int BATCH_BYTES = 512 * 1024;
    private static final int BATCHES = 3;

    private final RolloutSpool.Items items;
    private final BlockingQueue<Batch> ready = new ArrayBlockingQueue<>(BATCHES);
    private final Queue<Line> batch = new ArrayDeque<>();
    private final Thread reader;
    private volatile boolean isClosed;
    private long number;
    private boolean ended;

    ItemsAhead(RolloutSpool.Items items) {
        this.items = items;
        this.reader = new Thread(this::readAll, "rollout-file-reader");
        reader.setDaemon(true);
        reader.start();
    }

    private void readAll() {
        try {
            List<Line> lines;
            do {
                lines = readSome();
                ready.put(new Batch(lines, null));
            } while (!lines.isEmpty() && !isClosed);
        } catch (InterruptedException e) {
            // nobody interrupts it
        } catch (IOException | RuntimeException | Error e) {
            fail(e);
        }
    }

    private void fail(Throwable failure) {
        try {
            ready.put(new Batch(List.of(), failure));
        } catch (InterruptedException e) {
            // nobody interrupts it
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

    private void take() throws IOException {
        try {
            var next = ready.take();
            if (next.failure instanceof IOException e) {
                throw e;
            }
            if (next.failure != null) {
                throw new UncheckedIOException(new IOException("a rollout file can't be read again", next.failure));
            }
            ended = next.lines.isEmpty();
            batch.addAll(next.lines);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
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

    /** Items in a row; none at the end, or at a failure. */
    private record Batch(List<Line> lines, @Nullable Throwable failure) {}
}
