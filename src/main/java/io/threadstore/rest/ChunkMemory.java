package io.threadstore.rest;

import jakarta.enterprise.context.ApplicationScoped;
import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;

/**
 * Memory for chunks of streamed bodies: outside the heap, because a socket takes nothing else, and used again, because getting it is what costs. What is not given
 * back is the garbage collector's. Short bodies are in the heap.
 */
@ApplicationScoped
class ChunkMemory {

    /** A page of 256 KiB and what is written around its items, of which there are 1,000 at the most. */
    private static final int BYTES = 384 * 1024;

    /** What a streamed body holds outside of the heap: the chunk that is being sent, and the one that is being made. */
    static final long BYTES_OF_A_STREAM = 2L * BYTES;

    /** Up to this Netty has memory at hand that it copies to. */
    private static final int SMALL_BYTES = 48 * 1024;

    private static final int MOST_KEPT = 32;

    private final Queue<ByteBuffer> kept = new ArrayBlockingQueue<>(MOST_KEPT);

    /**
     * An empty buffer.
     *
     * @param expected how long the body, or what is left of it, will be, as a guess
     */
    ByteBuffer take(long expected) {
        if (expected <= SMALL_BYTES) {
            return ByteBuffer.allocate((int) expected);
        }
        var buffer = kept.poll();
        return buffer == null ? ByteBuffer.allocateDirect(BYTES) : buffer.clear();
    }

    /** An empty buffer in place of one that nobody reads from any more; of its memory, unless it had to grow. */
    ByteBuffer again(ByteBuffer used, long expected) {
        return used.capacity() == BYTES ? used.clear() : take(expected);
    }

    /** Whether a buffer is smaller than a chunk may be: the estimate was too low. */
    boolean isSmall(ByteBuffer buffer) {
        return buffer.capacity() < BYTES;
    }

    /** The same content in a buffer of full size. */
    ByteBuffer enlarge(ByteBuffer small) {
        return take(BYTES).put(small.flip());
    }

    /** Takes a buffer back that nobody reads from any more. */
    void give(ByteBuffer buffer) {
        if (buffer.capacity() == BYTES) {
            kept.offer(buffer);
        }
    }
}
