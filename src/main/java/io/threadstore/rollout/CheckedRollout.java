package io.threadstore.rollout;

import java.io.IOException;

/** A rollout file that was taken in and checked, on disk until it is closed. */
public abstract sealed class CheckedRollout implements AutoCloseable permits RolloutSpool.Spooled {

    /** Reads its lines from the first one on. */
    abstract RolloutSpool.Items open() throws IOException;

    @Override
    public abstract void close();
}
