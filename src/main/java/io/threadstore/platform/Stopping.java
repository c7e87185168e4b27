package io.threadstore.platform;

/**
 * Whether the process has been asked to end. From then on no request is admitted. The framework answers those in
 * progress and then closes the connections; one that was admitted in between might be stored and never be answered.
 */
public final class Stopping {

    private static volatile boolean isRequested;

    private Stopping() {}

    /** Notices the end of the process when it begins. To be called once, at its start. */
    public static void notice() {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> isRequested = true, "stopping"));
    }

    /** Whether the end has begun. */
    public static boolean isRequested() {
        return isRequested;
    }
}
