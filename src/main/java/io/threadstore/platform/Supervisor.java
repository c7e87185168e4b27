package io.threadstore.platform;

import io.quarkus.runtime.Startup;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Checks all {@link Supervised} work once a second, in a thread of its own: it must run while all other threads are
 * busy or hang. A check that fails ends neither the other checks nor the schedule.
 */
@Startup
@ApplicationScoped
public class Supervisor implements Supervised {

    private static final Logger LOG = Logger.getLogger(Supervisor.class);

    private static final long PERIOD_MILLIS = 1000;
    private static final long STUCK_MILLIS = 30_000;

    private final List<Supervised> all = new CopyOnWriteArrayList<>();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        var thread = new Thread(task, "supervisor");
        thread.setDaemon(true);
        return thread;
    });
    private volatile long lastRound = System.nanoTime();

    @PostConstruct
    void start() {
        all.add(this);
        timer.scheduleWithFixedDelay(this::checkAll, PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
    }

    @PreDestroy
    void stop() {
        timer.shutdownNow();
    }

    /** Checks this work, too, until the service ends. */
    public void supervise(Supervised work) {
        all.add(work);
    }

    /** All supervised work, and the supervisor itself. */
    List<Supervised> supervised() {
        return List.copyOf(all);
    }

    void checkAll() {
        for (var work : all) {
            try {
                work.enforceLimits();
            } catch (Throwable e) { // an exception would end the schedule
                warn(work, e);
            }
        }
    }

    private static void warn(Supervised work, Throwable failure) {
        try {
            LOG.errorf(failure, "a check of supervised work failed: name=%s", work.name());
        } catch (Throwable e) {
            // without memory there is no log line, and the next check must still run
        }
    }

    @Override
    public String name() {
        return "supervisor";
    }

    @Override
    public long stuckMillis() {
        return Math.max(0, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - lastRound) - 2 * PERIOD_MILLIS);
    }

    @Override
    public long stuckLimitMillis() {
        return STUCK_MILLIS;
    }

    @Override
    public void enforceLimits() {
        lastRound = System.nanoTime();
    }
}
