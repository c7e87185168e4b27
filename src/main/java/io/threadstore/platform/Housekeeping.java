package io.threadstore.platform;

import io.quarkus.runtime.ShutdownEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import org.jboss.logging.Logger;

/**
 * Runs what is done now and then. It is left for the next time, without a word above debug, while the database is away and
 * once the service is stopping: the scheduler may start a task even after the application's end has begun.
 */
@ApplicationScoped
public class Housekeeping {

    private static final Logger LOG = Logger.getLogger(Housekeeping.class);

    private volatile boolean stopping;

    void stop(@Observes ShutdownEvent event) {
        stopping = true;
    }

    /**
     * @param what a few words for the log
     * @throws RuntimeException the work's own, where neither the database nor the service's end explains it
     */
    public void run(String what, Runnable work) {
        if (stopping) {
            return;
        }
        try {
            work.run();
        } catch (RuntimeException e) {
            if (!stopping && !DatabaseFailures.isUnavailable(e)) {
                throw e;
            }
            LOG.debugf("left for the next time: %s", what);
        }
    }
}
