package io.threadstore.platform;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.Startup;
import jakarta.annotation.PostConstruct;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Runs what is done now and then. It is left for the next time, without a word above debug, while the database is away and
 * once the service is stopping: the scheduler may start a task even after the application's end has begun.
 *
 * <p>A failed run, also by an {@code Error}, does not end its schedule. The scheduler skips a task while its last run
 * goes on,
 * so a run that hangs would stop it silently: liveness is DOWN once a run takes longer than an hour.
 */
@Startup
@ApplicationScoped
public class Housekeeping implements Supervised {

    private static final Logger LOG = Logger.getLogger(Housekeeping.class);

    private static final long STUCK_MILLIS = TimeUnit.HOURS.toMillis(1);

    private static final Duration LONGEST_RUN_AT_END = Duration.ofSeconds(3);

    private final Supervisor supervisor;
    private final MeterRegistry registry;

    /** When the current run of each task began, in nanoseconds. */
    private final Map<String, Long> running = new ConcurrentHashMap<>();

    private volatile boolean stopping;

    Housekeeping(Supervisor supervisor, MeterRegistry registry) {
        this.supervisor = supervisor;
        this.registry = registry;
    }

    @PostConstruct
    void start() {
        supervisor.supervise(this);
        Gauge.builder("threadstore.housekeeping.running", this, self -> self.stuckMillis() / 1000.0)
                .description("How long the oldest running background task has been running; 0 if none runs")
                .baseUnit("seconds")
                .register(registry);
    }

    /** A run that has begun is waited for: without its connection it would fail, with pages of log. */
    void stop(@Observes ShutdownEvent event) {
        stopping = true;
        var deadline = System.nanoTime() + LONGEST_RUN_AT_END.toNanos();
        try {
            while (!running.isEmpty() && System.nanoTime() < deadline) {
                TimeUnit.MILLISECONDS.sleep(5);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether the service is ending, so that work of many steps ends after the current one. */
    public boolean isStopping() {
        return stopping;
    }

    /**
     * @param what a few words for the log; unique for the task
     * @throws RuntimeException the work's own, where neither the database nor the service's end explains it
     */
    public void run(String what, Runnable work) {
        running.put(what, System.nanoTime());
        try {
            if (!stopping) { // asked after it is known to run, so that the end waits for it
                work.run();
            }
        } catch (RuntimeException e) {
            if (!stopping && !DatabaseFailures.isUnavailable(e)) {
                throw e;
            }
            LOG.debugf("left for the next time: %s", what);
        } finally {
            running.remove(what);
        }
    }

    @Override
    public String name() {
        return "housekeeping";
    }

    @Override
    public long stuckMillis() {
        var now = System.nanoTime();
        return running.values().stream()
                .mapToLong(began -> TimeUnit.NANOSECONDS.toMillis(now - began))
                .max()
                .orElse(0);
    }

    @Override
    public long stuckLimitMillis() {
        return STUCK_MILLIS;
    }

    /** Nothing: a run can't be ended from outside. */
    @Override
    public void enforceLimits() {}
}
