package io.threadstore.identity;

import io.quarkus.runtime.Startup;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.logging.Logger;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logmanager.formatters.PatternFormatter;
import org.jboss.logmanager.handlers.ConsoleHandler;

/**
 * Writes the audit log to the console as it is, a line of JSON each: where the console's other logs are JSON too, Quarkus would wrap it into
 * another. More places can be named like those of any category.
 */
@Startup
@ApplicationScoped
class AuditConsole {

    private final boolean isOn;
    private final Logger category = Logger.getLogger(AuditLog.CATEGORY);
    private final ConsoleHandler handler = new ConsoleHandler(new PatternFormatter("%s%n"));

    AuditConsole(@ConfigProperty(name = "threadstore.audit.console", defaultValue = "true") boolean isOn) {
        this.isOn = isOn;
    }

    @PostConstruct
    void begin() {
        if (isOn) {
            category.addHandler(handler);
        }
    }

    /** Live reload makes another. */
    @PreDestroy
    void end() {
        category.removeHandler(handler);
    }
}
