package io.threadstore.platform;

/** An argument that says by itself which row it is about. */
public interface QueueKey {

    /** Equal for arguments about the same row of a tenant. */
    String queueKey();
}
