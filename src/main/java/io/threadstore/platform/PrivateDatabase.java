package io.threadstore.platform;

import java.util.Map;

/** A database that belongs to this process alone, for runs that name none. */
public interface PrivateDatabase {

    /**
     * Starts it.
     *
     * @throws IllegalStateException if another process uses its directory, or it does not start; the message says what to do
     */
    void start();

    /** How to reach it once it runs: {@code threadstore.db.*} and their values. */
    Map<String, String> connectionProperties();

    /** Stops it cleanly, also in the middle of its start; what was committed stays. */
    void stop();
}
