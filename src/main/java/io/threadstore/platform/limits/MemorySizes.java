package io.threadstore.platform.limits;

import io.netty.util.internal.PlatformDependent;
import jakarta.enterprise.context.ApplicationScoped;

/**
 * How much memory requests and responses may hold, from what the process has: {@code -Xmx} and {@code
 * -XX:MaxDirectMemorySize}. Read at run time: a native executable's static fields are set where it is built.
 */
@ApplicationScoped
class MemorySizes {

    /** The rest is for the service itself, for the database driver's buffers, and for room to collect garbage in. */
    private static final double HEAP_SHARE = 0.2;

    /** The rest is Netty's: what sockets read and write. */
    private static final double DIRECT_SHARE = 0.5;

    /** In bytes. */
    long heapBudget() {
        return (long) (Runtime.getRuntime().maxMemory() * HEAP_SHARE);
    }

    /** In bytes. */
    long directBudget() {
        return (long) (PlatformDependent.maxDirectMemory() * DIRECT_SHARE);
    }
}
