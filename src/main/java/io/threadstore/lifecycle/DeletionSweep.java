package io.threadstore.lifecycle;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.quarkus.scheduler.Scheduled;
import io.threadstore.platform.Housekeeping;
import io.threadstore.thread.DeletedThreads;
import jakarta.enterprise.context.ApplicationScoped;

/**
 * Deletes the rows of deleted threads in the background, and says how many are left. Every replica does it: each takes
 * threads that no other works on. A batch is one transaction, so that after a restart it goes on where it was.
 */
@Startup
@ApplicationScoped
class DeletionSweep {

    private final DeletionService deletions;
    private final Housekeeping housekeeping;
    private volatile DeletedThreads.Left left = new DeletedThreads.Left(0, 0);

    DeletionSweep(DeletionService deletions, Housekeeping housekeeping, MeterRegistry registry) {
        this.deletions = deletions;
        this.housekeeping = housekeeping;
        Gauge.builder("threadstore.deletions.threads", () -> left.threads())
                .description("Deleted threads whose items are still being deleted, over all replicas")
                .register(registry);
        Gauge.builder("threadstore.deletions.items", () -> left.items())
                .description("Items of deleted threads that are still to be deleted, over all replicas")
                .register(registry);
    }

    @Scheduled(every = "{threadstore.deletions.every}", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    void sweep() {
        housekeeping.run("deleting the items of deleted threads", this::sweepAll);
    }

    private void sweepAll() {
        left = deletions.left();
        while (left.threads() > 0 && !housekeeping.isStopping() && deletions.deleteBatch()) {
            left = deletions.left();
        }
    }
}
