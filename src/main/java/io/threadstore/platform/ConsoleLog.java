package io.threadstore.platform;

import io.quarkus.bootstrap.logging.InitialConfigurator;
import io.quarkus.runtime.Application;
import io.quarkus.runtime.ApplicationLifecycleManager;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jboss.logmanager.handlers.AsyncHandler;

/**
 * The console's log has a queue (quarkus.log.console.async), and a daemon thread writes it. Nothing waits for that
 * thread when the process ends, and the framework closes the console once it has logged that the service has stopped.
 * The last lines would be lost: why the service did not start, or what failed while it stopped. This waits for them.
 */
@ApplicationScoped
public class ConsoleLog {

    /** A console that takes nothing must not keep the process from its end. */
    private static final Duration LIMIT = Duration.ofSeconds(2);

    private static volatile List<AsyncHandler> queues = List.of();

    ConsoleLog() {}

    /** Keeps the console open until its queue is written, also when the queue takes no more. */
    void keepOpen(@Observes StartupEvent started) {
        queues = current();
    }

    private static List<AsyncHandler> current() {
        var found = Arrays.stream(InitialConfigurator.DELAYED_HANDLER.getHandlers())
                .filter(AsyncHandler.class::isInstance)
                .map(AsyncHandler.class::cast)
                .toList();
        found.forEach(queue -> queue.setCloseChildren(false));
        return found;
    }

    /**
     * Waits at the end of the process, after the application has stopped, until what is queued is written; 2 s at most.
     */
    public static void drainAtExit() {
        Runtime.getRuntime().addShutdownHook(new Thread(ConsoleLog::drain, "console-log-drain"));
    }

    private static void drain() {
        Application application = ApplicationLifecycleManager.getCurrentApplication();
        if (application != null) {
            application.awaitShutdown();
        }
        var left = queues.isEmpty() ? current() : queues; // none are known if it has not started
        left.forEach(AsyncHandler::close); // they take no more; their threads write the rest
        awaitEmpty(left);
    }

    private static void awaitEmpty(List<AsyncHandler> queues) {
        var deadline = System.nanoTime() + LIMIT.toNanos();
        // the thread of a queue removes the handlers when it has written everything
        while (queues.stream().anyMatch(queue -> queue.getHandlers().length > 0) && System.nanoTime() < deadline) {
            try {
                TimeUnit.MILLISECONDS.sleep(5);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
