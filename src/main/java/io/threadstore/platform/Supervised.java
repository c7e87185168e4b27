package io.threadstore.platform;

/**
 * Work that must go on by itself, such as a queue with its threads. {@link Supervisor} enforces its time limits, and
 * liveness reports it. No method may block or use the database.
 */
public interface Supervised {

    /** A name for health data and logs, such as {@code appends}. */
    String name();

    /** For how long the oldest work has made no progress, in milliseconds; 0 if nothing waits. */
    long stuckMillis();

    /** Above this age the work counts as stuck, and liveness is DOWN; in milliseconds. */
    long stuckLimitMillis();

    /** Ends what has exceeded its time limit, and restarts what has died. Called once a second. */
    void enforceLimits();
}
