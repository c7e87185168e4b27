package io.threadstore.rest;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A response body in chunks, made one by one as the client takes them. The first one is made before the answer begins, so that
 * what fails early still gets a problem document.
 */
final class StreamedBody {

    private final Supplier<byte @Nullable []> chunks;
    private byte @Nullable [] first;

    /** @param chunks called for the next chunk on any thread, one call at a time; null ends the body */
    StreamedBody(Supplier<byte @Nullable []> chunks) {
        this.chunks = chunks;
        this.first = chunks.get();
    }

    /** The next chunk; null at the end. */
    byte @Nullable [] next() {
        var chunk = first;
        if (chunk != null) {
            first = null;
            return chunk;
        }
        return chunks.get();
    }
}
