package io.threadstore.writer;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.runtime.Startup;
import io.quarkus.scheduler.Scheduled;
import io.threadstore.platform.DatabaseFailures;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;

/** Counts the writers that are live and within their lease, now and then: a scrape must not ask the database. */
@Startup
@ApplicationScoped
class WriterMetrics {

    private static final Logger LOG = Logger.getLogger(WriterMetrics.class);

    private final LiveWriters writers;
    private final AtomicLong open = new AtomicLong();

    WriterMetrics(LiveWriters writers, MeterRegistry registry) {
        this.writers = writers;
        Gauge.builder("threadstore.writers.open", open, AtomicLong::get)
                .description("Live writers within their lease, over all replicas")
                .register(registry);
    }

    @Scheduled(every = "{threadstore.metrics.every}", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    void count() {
        try {
            open.set(QuarkusTransaction.requiringNew().call(writers::countOpen));
        } catch (RuntimeException e) {
            if (!DatabaseFailures.isUnavailable(e)) {
                throw e;
            }
            LOG.debugf("live writers are not counted while the database is away");
        }
    }
}
