package io.threadstore.lifecycle;

import io.quarkus.scheduler.Scheduled;
import io.threadstore.platform.Housekeeping;
import jakarta.enterprise.context.ApplicationScoped;
import org.jboss.logging.Logger;

/**
 * Sweeps lazy threads that are no longer used, and writers whose lease ended long ago. Every replica may: each takes
 * only what no other holds.
 */
@ApplicationScoped
class LazyThreadSweep {

    private static final Logger LOG = Logger.getLogger(LazyThreadSweep.class);

    private static final int BATCH = 100;
    private static final int WRITERS_BATCH = 1000;

    private final LiveWriterService writers;
    private final Housekeeping housekeeping;

    LazyThreadSweep(LiveWriterService writers, Housekeeping housekeeping) {
        this.writers = writers;
        this.housekeeping = housekeeping;
    }

    @Scheduled(
            every = "{threadstore.sweep.every}",
            delayed = "1m",
            concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    void sweep() {
        housekeeping.run("sweeping lazy threads", this::sweepAll);
        housekeeping.run("closing expired writers", this::closeExpired);
    }

    private void closeExpired() {
        var batch = WRITERS_BATCH;
        while (batch == WRITERS_BATCH) {
            batch = writers.closeExpired(WRITERS_BATCH);
            if (batch > 0) {
                LOG.infof("expired writers closed: writers=%d", batch);
            }
        }
    }

    private void sweepAll() {
        var batch = BATCH;
        while (batch == BATCH) {
            batch = writers.sweep(BATCH);
            if (batch > 0) {
                LOG.infof("abandoned lazy threads ended: threads=%d", batch);
            }
        }
    }
}
