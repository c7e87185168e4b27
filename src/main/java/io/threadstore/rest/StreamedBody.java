package io.threadstore.rest;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A response body in chunks, made one by one as the client takes them. The first one is made before the answer begins, so that
 * what fails early still gets a problem document.
 */
final class StreamedBody implements AutoCloseable {

    /** Where the chunks come from. */
    interface Chunks extends AutoCloseable {

        /**
         * The next chunk; null at the end. Called on any thread, one call at a time, and not before the chunk before the last has been sent: its
         * memory may be used again.
         */
        @Nullable
        ByteBuffer next();

        /** Gives back what is scarce until the next chunk is asked for, which may be long. */
        default void pause() {}

        /** Everything has been sent, so that the memory of chunks may be used by others; {@link #close} follows. */
        default void sent() {}

        /** Gives back what is scarce. The body may not have been read to its end, and chunks may still be on their way. */
        @Override
        default void close() {}
    }

    private final Chunks chunks;
    private @Nullable ByteBuffer first;

    StreamedBody(Chunks chunks) {
        this.chunks = chunks;
        try {
            this.first = chunks.next();
            // nobody knows yet when, and whether, it is sent
            chunks.pause();
        } catch (Throwable e) {
            chunks.close();
            throw e;
        }
    }

    /** The next chunk; null at the end. */
    @Nullable
    ByteBuffer next() {
        var chunk = first;
        if (chunk != null) {
            first = null;
            return chunk;
        }
        return chunks.next();
    }

    /** The next chunk is not asked for soon. */
    void pause() {
        chunks.pause();
    }

    /** Everything has been sent, and the body is closed. */
    void end() {
        chunks.sent();
        chunks.close();
    }

    @Override
    public void close() {
        chunks.close();
    }
}
