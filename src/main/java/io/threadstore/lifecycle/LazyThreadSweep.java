package io.threadstore.lifecycle;

import io.quarkus.scheduler.Scheduled;
import jakarta.enterprise.context.ApplicationScoped;
import org.jboss.logging.Logger;

/** Sweeps lazy threads that nobody came back to. Every replica may: each takes only what no other holds. */
@ApplicationScoped
class LazyThreadSweep {

    private static final Logger LOG = Logger.getLogger(LazyThreadSweep.class);

    private static final int BATCH = 100;

    private final LiveWriterService writers;

    LazyThreadSweep(LiveWriterService writers) {
        this.writers = writers;
    }

    @Scheduled(
            every = "{threadstore.sweep.every}",
            delayed = "1m",
            concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    void sweep() {
        var swept = 0;
        var batch = 0;
        do {
            batch = writers.sweep(BATCH);
            swept += batch;
        } while (batch == BATCH);
        if (swept > 0) {
            LOG.infof("abandoned lazy threads ended: threads=%d", swept);
        }
    }
}
