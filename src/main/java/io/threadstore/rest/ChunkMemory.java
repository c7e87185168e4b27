package io.threadstore.rest;

import jakarta.enterprise.context.ApplicationScoped;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Memory for chunks of streamed bodies, outside the heap, because a socket takes nothing else, and used again, because getting it is what costs. What is not given back
 * is the garbage collector's.
 */
@ApplicationScoped
class ChunkMemory {

    /** A page of a history and what is written around its items. */
    private static final int BYTES = 384 * 1024;

    /** Up to this Netty has memory at hand that it copies to. */
    private static final int SMALL_BYTES = 48 * 1024;

    private static final int MOST_KEPT = 32;

    private final ConcurrentLinkedQueue<ByteBuffer> kept = new ConcurrentLinkedQueue<>();
    private final AtomicInteger count = new AtomicInteger();

    /**
     * An empty buffer.
     *
     * @param expected how much is to go into it, as a guess, or more than one chunk
     */
    ByteBuffer take(long expected) {
        if (expected <= SMALL_BYTES) {
            return ByteBuffer.allocate((int) expected);
        }
        var buffer = kept.poll();
        if (buffer == null) {
            return ByteBuffer.allocateDirect(BYTES);
        }
        count.decrementAndGet();
        return buffer.clear();
    }

    /** What a buffer holds in another one, with room for so many bytes more. */
    ByteBuffer grow(ByteBuffer full, int room) {
        var larger =
                ByteBuffer.allocateDirect(Math.addExact(full.position(), room)).put(full.flip());
        give(full);
        return larger;
    }

    /** Takes a buffer back that nobody reads from any more. */
    void give(ByteBuffer buffer) {
        // one that had to grow is not kept
        if (buffer.capacity() == BYTES) {
            if (count.incrementAndGet() <= MOST_KEPT) {
                kept.add(buffer);
            } else {
                count.decrementAndGet();
            }
        }
    }
}
