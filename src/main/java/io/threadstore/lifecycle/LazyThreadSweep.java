package io.threadstore.lifecycle;

import io.quarkus.scheduler.Scheduled;
import io.threadstore.platform.DatabaseFailures;
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
        var batch = BATCH;
        try {
            while (batch == BATCH) {
                batch = writers.sweep(BATCH);
                swept += batch;
            }
        } catch (RuntimeException e) {
            if (!DatabaseFailures.isUnavailable(e)) {
                throw e;
            }
            LOG.debugf("lazy threads are not swept while the database is away");
        }
        if (swept > 0) {
            LOG.infof("abandoned lazy threads ended: threads=%d", swept);
        }
    }
}
