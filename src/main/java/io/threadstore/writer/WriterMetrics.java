package io.threadstore.writer;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.runtime.Startup;
import io.quarkus.scheduler.Scheduled;
import io.threadstore.platform.Housekeeping;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.concurrent.atomic.AtomicLong;

/** Counts the writers that are live and within their lease, now and then: a scrape must not ask the database. */
@Startup
@ApplicationScoped
class WriterMetrics {

    private final LiveWriters writers;
    private final Housekeeping housekeeping;
    private final AtomicLong open = new AtomicLong();

    WriterMetrics(LiveWriters writers, Housekeeping housekeeping, MeterRegistry registry) {
        this.writers = writers;
        this.housekeeping = housekeeping;
        Gauge.builder("threadstore.writers.open", open, AtomicLong::get)
                .description("Live writers within their lease, over all replicas")
                .register(registry);
    }

    @Scheduled(every = "{threadstore.metrics.every}", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    void count() {
        housekeeping.run(
                "counting live writers",
                () -> open.set(QuarkusTransaction.requiringNew().call(writers::countOpen)));
    }
}
