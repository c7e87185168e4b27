package io.threadstore.platform;

import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The memory that large bodies may take together. Each is within its limit, but many at once would fill the heap; those that find no
 * room in time are asked to come again. One body alone always finds room.
 */
@ApplicationScoped
public class BodyMemory {

    /** What an append holds for each byte of its body while it is read, parsed and sent to the database. */
    private static final int COST = 3;

    private static final int UNIT = 64 * 1024;
    private static final int WAIT_MILLIS = 2000;

    private final int units;
    private final Semaphore free;

    BodyMemory() {
        this(Runtime.getRuntime().maxMemory() / 2);
    }

    BodyMemory(long bytes) {
        units = (int) Math.max(1, Math.min(Integer.MAX_VALUE, bytes / UNIT));
        free = new Semaphore(units);
    }

    /** The body, with memory set aside for what was read of it until it is closed; the body itself stays open. */
    public Metered meter(InputStream body) {
        return new Metered(body);
    }

    /**
     * Sets memory aside for a message that is there already.
     *
     * @return what gives it back
     * @throws ThreadStoreException {@link ErrorKind#UNAVAILABLE} if there is no room in time
     */
    public Held hold(long bytes) {
        var held = new Held();
        held.raiseTo((int) Math.min(units, bytes * COST / UNIT));
        return held;
    }

    /** Memory that is set aside. */
    public final class Held implements AutoCloseable {

        private int count;

        private Held() {}

        private void raiseTo(int wanted) {
            if (wanted <= count) {
                return;
            }
            try {
                if (!free.tryAcquire(wanted - count, WAIT_MILLIS, TimeUnit.MILLISECONDS)) {
                    throw ThreadStoreException.of(
                            ErrorKind.UNAVAILABLE, "too many large requests are under way; try again later");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw ThreadStoreException.of(ErrorKind.UNAVAILABLE, "the service is stopping", e);
            }
            count = wanted;
        }

        /** Gives the memory back. */
        @Override
        public void close() {
            free.release(count);
            count = 0;
        }
    }

    /** A body that is read into memory. */
    public final class Metered extends FilterInputStream {

        private final Held held = new Held();
        private long read;

        private Metered(InputStream body) {
            super(body);
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            var count = super.read(buffer, offset, length);
            if (count > 0) {
                read += count;
                held.raiseTo((int) Math.min(units, read * COST / UNIT));
            }
            return count;
        }

        /** Gives the memory back. */
        @Override
        public void close() {
            held.close();
        }
    }
}
