package io.threadstore.identity;

import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Lines on their way to a stream that may stop taking them, such as a pipe that is not read. One thread writes them.
 * No lock is held while it writes, so whoever adds a line waits for the stream only if the queue is full and the caller
 * may wait.
 */
final class AuditQueue {

    /** What is done with a line that finds the queue full. */
    enum Overflow {
        /** It is dropped and counted. */
        DROP,
        /** The caller waits for room, for some seconds at the most; an event loop never waits. */
        BLOCK
    }

    static final int MAX_LINES = 20_000;
    static final int MAX_BYTES = 8 * 1024 * 1024;

    /** Audit lines are shorter: their texts are bounded. */
    private static final int MAX_LINE_BYTES = 4 * 1024;

    /** Of an entry without its text. */
    private static final int ENTRY_BYTES = 64;

    private static final Logger LOG = Logger.getLogger(AuditQueue.class);
    private static final Duration MAX_WAIT = Duration.ofSeconds(10);
    private static final int BATCH_BYTES = 64 * 1024;
    private static final int BATCH_LINES = 500;

    private final OutputStream out;
    private final Overflow overflow;
    private final BooleanSupplier mayWait;
    private final Runnable dropped;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition hasLines = lock.newCondition();
    private final Condition hasRoom = lock.newCondition();

    // all of them under the lock
    private final ArrayDeque<byte[]> lines = new ArrayDeque<>();
    private long bytes;
    private long droppedLines;
    private boolean isWriting;
    private boolean isStopped;
    private @Nullable Thread writer;

    /**
     * @param out takes whole lines; is flushed where no more lines wait
     * @param mayWait whether the current thread may wait
     * @param dropped is called for each line that is dropped
     */
    AuditQueue(OutputStream out, Overflow overflow, BooleanSupplier mayWait, Runnable dropped) {
        this.out = out;
        this.overflow = overflow;
        this.mayWait = mayWait;
        this.dropped = dropped;
    }

    /** Adds a line, without its end. */
    void add(String text) {
        var line = (text + System.lineSeparator()).getBytes(StandardCharsets.UTF_8);
        lock.lock();
        try {
            if (isStopped || !hasRoomFor(line) && !(overflow == Overflow.BLOCK && awaitRoom(line))) {
                droppedLines++;
                dropped.run();
                return;
            }
            lines.addLast(line);
            bytes += line.length + ENTRY_BYTES;
            ensureWriter();
            hasLines.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Whether the next line would have to wait for room; never, where lines are dropped instead. */
    boolean wouldBlock() {
        if (overflow != Overflow.BLOCK) {
            return false;
        }
        lock.lock();
        try {
            return lines.size() >= MAX_LINES || bytes > MAX_BYTES - MAX_LINE_BYTES;
        } finally {
            lock.unlock();
        }
    }

    /** Takes no more lines, and waits until those that are there are written; so long at the most. */
    void stop(Duration atMost) {
        var left = atMost.toNanos();
        lock.lock();
        try {
            isStopped = true;
            hasLines.signalAll();
            while ((isWriting || !lines.isEmpty()) && left > 0) {
                left = hasRoom.awaitNanos(left);
            }
            if (!lines.isEmpty()) {
                LOG.warnf("audit lines are lost, because nothing takes them: count=%d", lines.size());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    private boolean hasRoomFor(byte[] line) {
        return lines.size() < MAX_LINES && bytes + line.length + ENTRY_BYTES <= MAX_BYTES;
    }

    private boolean awaitRoom(byte[] line) {
        if (!mayWait.getAsBoolean()) {
            return false;
        }
        try {
            var left = MAX_WAIT.toNanos();
            while (!hasRoomFor(line) && !isStopped && left > 0) {
                left = hasRoom.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return hasRoomFor(line) && !isStopped;
    }

    /** Starts the thread that writes: with the first line, and where it has ended for an unforeseen reason. */
    private void ensureWriter() {
        if (writer == null || !writer.isAlive()) {
            var started = new Thread(this::write, "audit-writer");
            started.setDaemon(true);
            try {
                started.start();
                writer = started;
            } catch (OutOfMemoryError noThread) {
                writer = null; // the next line tries again; a request must not fail for it
            }
        }
    }

    private void write() {
        while (true) {
            try {
                var batch = next();
                if (batch == null) {
                    return;
                }
                for (var line : batch) {
                    out.write(line);
                }
                out.flush();
            } catch (Throwable failure) { // whatever it is: without this thread no line would be written any more
                LOG.debugf("an audit line can't be written: reason=%s", failure);
            }
        }
    }

    /** Waits for lines; null if there are none and there will be none. */
    private @Nullable ArrayDeque<byte[]> next() throws InterruptedException {
        var batch = new ArrayDeque<byte[]>();
        var lost = 0L;
        lock.lock();
        try {
            isWriting = false;
            hasRoom.signalAll();
            while (lines.isEmpty()) {
                if (isStopped) {
                    return null;
                }
                hasLines.await();
            }
            isWriting = true;
            var size = 0;
            while (!lines.isEmpty() && size < BATCH_BYTES && batch.size() < BATCH_LINES) {
                var line = lines.removeFirst();
                size += line.length;
                bytes -= line.length + ENTRY_BYTES;
                batch.addLast(line);
            }
            hasRoom.signalAll();
            if (droppedLines > 0 && lines.size() < MAX_LINES / 2 && bytes < MAX_BYTES / 2) {
                lost = droppedLines;
                droppedLines = 0;
            }
        } finally {
            lock.unlock();
        }
        if (lost > 0) {
            LOG.warnf(
                    "audit lines were dropped, because the queue was full; now they are written again: count=%d", lost);
        }
        return batch;
    }
}
