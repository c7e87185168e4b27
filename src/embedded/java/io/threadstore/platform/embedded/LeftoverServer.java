package io.threadstore.platform.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;

/** Database processes to be ended: one that a crashed run left, or this process's own. */
final class LeftoverServer {

    private static final Logger LOG = Logger.getLogger(LeftoverServer.class);

    private static final String SERVER = "mariadbd";
    private static final int STOP_SECONDS = 60;

    private LeftoverServer() {}

    /** Ends the process that the pid file names, if it still is the one that runs from the directory. */
    static void end(Path pidFile, Path directory) {
        find(pidFile, directory).ifPresent(LeftoverServer::end);
    }

    /** Ends the database processes that this process started, also one that has not written its pid file yet. */
    static void endChildren() {
        ProcessHandle.current()
                .children()
                .filter(child -> child.info().command().orElse("").contains(SERVER))
                .forEach(LeftoverServer::end);
    }

    /** Ends it cleanly, or hard if it does not end in time; InnoDB recovers from that. */
    private static void end(ProcessHandle server) {
        server.destroy();
        if (!waitFor(server)) {
            LOG.warnf("the database did not stop in %d s and is killed: pid=%d", STOP_SECONDS, server.pid());
            server.destroyForcibly();
            waitFor(server);
        }
    }

    private static Optional<ProcessHandle> find(Path pidFile, Path directory) {
        try {
            return Files.exists(pidFile)
                    ? ProcessHandle.of(Long.parseLong(Files.readString(pidFile).strip()))
                            .filter(process -> runsFrom(process, directory))
                    : Optional.empty();
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** Whether the process is the directory's own: the number may have been given to another since. */
    private static boolean runsFrom(ProcessHandle process, Path directory) {
        var command = process.info().command().orElse("");
        return command.contains(SERVER) && command.startsWith(directory.toString());
    }

    private static boolean waitFor(ProcessHandle process) {
        try {
            process.onExit().get(STOP_SECONDS, TimeUnit.SECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
