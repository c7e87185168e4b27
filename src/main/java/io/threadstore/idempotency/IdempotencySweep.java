package io.threadstore.idempotency;

import io.quarkus.scheduler.Scheduled;
import io.threadstore.platform.Housekeeping;
import jakarta.enterprise.context.ApplicationScoped;

/** Forgets answers that nobody may ask for any more. */
@ApplicationScoped
class IdempotencySweep {

    private static final int BATCH = 1000;

    private final IdempotencyService idempotency;
    private final Housekeeping housekeeping;

    IdempotencySweep(IdempotencyService idempotency, Housekeeping housekeeping) {
        this.idempotency = idempotency;
        this.housekeeping = housekeeping;
    }

    @Scheduled(
            every = "{threadstore.sweep.every}",
            delayed = "1m",
            concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    void sweep() {
        housekeeping.run("forgetting old answers", () -> {
            var forgotten = BATCH;
            while (forgotten == BATCH) {
                forgotten = idempotency.forget(BATCH);
            }
        });
    }
}
