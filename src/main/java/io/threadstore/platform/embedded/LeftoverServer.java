package io.threadstore.platform.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;

/** The database process that the pid file names, if it is still the one that uses the data: of this run, or left by a crashed one. */
final class LeftoverServer {

    private static final Logger LOG = Logger.getLogger(LeftoverServer.class);

    private static final int STOP_SECONDS = 60;

    private LeftoverServer() {}

    /** Ends it cleanly, or hard if it does not end in time; InnoDB recovers from that. */
    static void end(Path pidFile, Path data) {
        var process = find(pidFile, data);
        if (process.isEmpty()) {
            return;
        }
        var server = process.get();
        server.destroy();
        if (!waitFor(server)) {
            LOG.warnf("the database did not stop in %d s and is killed: pid=%d", STOP_SECONDS, server.pid());
            server.destroyForcibly();
            waitFor(server);
        }
    }

    private static Optional<ProcessHandle> find(Path pidFile, Path data) {
        try {
            return Files.exists(pidFile)
                    ? ProcessHandle.of(Long.parseLong(Files.readString(pidFile).strip()))
                            .filter(process -> uses(process, data))
                    : Optional.empty();
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** Whether the process is a database on this data: the number may have been given to another since. */
    private static boolean uses(ProcessHandle process, Path data) {
        var command = process.info().command().orElse("");
        var arguments = String.join(" ", process.info().arguments().orElse(new String[0]));
        return command.contains("mariadbd") && (arguments.isEmpty() || arguments.contains(data.toString()));
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
