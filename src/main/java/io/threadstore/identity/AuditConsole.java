package io.threadstore.identity;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.BlockingOperationControl;
import io.quarkus.runtime.Startup;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Writes the audit log to the console as it is, a line of JSON each: where the console's other logs are JSON too, Quarkus would wrap it into
 * another. More places can be named like those of any category. A console that takes nothing stops no request: see
 * {@link AuditQueue}.
 */
@Startup
@ApplicationScoped
class AuditConsole {

    private static final Duration FLUSH = Duration.ofSeconds(5);

    private final boolean isOn;
    private final Logger category = Logger.getLogger(AuditLog.CATEGORY);
    private final AuditQueue queue;
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord entry) {
            queue.add(entry.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    AuditConsole(
            @ConfigProperty(name = "threadstore.audit.console", defaultValue = "true") boolean isOn,
            @ConfigProperty(name = "threadstore.audit.overflow", defaultValue = "drop") AuditQueue.Overflow overflow,
            MeterRegistry registry) {
        this.isOn = isOn;
        var dropped = Counter.builder("threadstore.audit.dropped")
                .description("Audit lines that were dropped because the console took none")
                .register(registry);
        this.queue =
                new AuditQueue(System.out, overflow, BlockingOperationControl::isBlockingAllowed, dropped::increment);
    }

    @PostConstruct
    void begin() {
        if (isOn) {
            category.addHandler(handler);
        }
    }

    /** Whether the next line would wait for the console, which an event loop must not do. */
    boolean wouldBlock() {
        return isOn && queue.wouldBlock();
    }

    /** Live reload makes another. */
    @PreDestroy
    void end() {
        category.removeHandler(handler);
        queue.stop(FLUSH);
    }
}
