package io.threadstore.identity;

import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The issuer's keys. One thread fetches them: at start, at an interval, and when a token names a key that is not known.
 * Callers use what is held and never wait, so an issuer that hangs delays no request. The last keys are used for as
 * long as the issuer does not answer.
 */
@ApplicationScoped
class IssuerKeys {

    private static final Logger LOG = Logger.getLogger(IssuerKeys.class);

    /** How often a failure that goes on is logged. */
    private static final long LOG_NANOS = Duration.ofMinutes(1).toNanos();

    private final AuthSettings settings;
    private final IssuerDiscovery discovery;
    private final CountDownLatch firstAttempt = new CountDownLatch(1);

    private volatile @Nullable VerificationKeys keys;
    private volatile boolean isWanted;
    private volatile boolean isStopped;
    private volatile @Nullable Thread thread;

    /** Of the thread alone. */
    private boolean isFailing;

    private long logged;

    IssuerKeys(AuthSettings settings, IssuerDiscovery discovery) {
        this.settings = settings;
        this.discovery = discovery;
    }

    /** Reads the key file, or starts to fetch. */
    synchronized void start() {
        if (settings.keyFile().isPresent()) {
            keys = VerificationKeys.parse(
                    KeyFile.read(Path.of(settings.keyFile().get())).text());
            firstAttempt.countDown();
        } else if (thread == null) {
            var started = new Thread(this::run, "issuer-keys");
            started.setDaemon(true);
            thread = started;
            started.start();
        }
    }

    /** Waits until the first attempt to fetch has ended, whatever came of it; for the start of the service alone. */
    void awaitFirstAttempt(Duration atMost) {
        try {
            if (!firstAttempt.await(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("the issuer's keys are not there yet; until then requests are answered 503");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The keys that are held; null if none could be fetched so far. Never waits. */
    @Nullable
    VerificationKeys held() {
        return keys;
    }

    /**
     * Says that a token names a key that is not held. The keys are fetched again soon, without waiting for that here.
     */
    void want() {
        if (!isWanted) {
            isWanted = true;
            LockSupport.unpark(thread);
        }
    }

    @PreDestroy
    void stop() {
        isStopped = true;
        var running = thread;
        if (running != null) {
            running.interrupt();
        }
    }

    private void run() {
        while (!isStopped) {
            var began = System.nanoTime();
            isWanted = false;
            try {
                keys = fetch();
                succeeded();
            } catch (Throwable failure) { // whatever it is: without this thread no key would ever be fetched again
                failed(failure);
            }
            firstAttempt.countDown();
            pauseSince(began);
        }
    }

    private VerificationKeys fetch() throws IOException, InterruptedException {
        var url = settings.jwksUrl();
        var location = url.isPresent()
                ? URI.create(url.get())
                : discovery.keysOf(settings.issuer().orElseThrow());
        return VerificationKeys.parse(discovery.get(location));
    }

    private void succeeded() {
        if (isFailing) {
            LOG.info("the issuer's keys can be fetched again");
        }
        isFailing = false;
    }

    private void failed(Throwable failure) {
        try {
            var now = System.nanoTime();
            if (!isStopped && (!isFailing || now - logged > LOG_NANOS)) {
                logged = now;
                LOG.warnf(
                        "the issuer's keys can't be fetched: issuer=%s reason=%s",
                        settings.issuer().orElse("none"), failure);
            }
            isFailing = true;
        } catch (Throwable ignored) {
            isFailing = true; // a log that can't be written must not end the thread
        }
    }

    private void pauseSince(long began) {
        while (!isStopped) {
            var least = Math.max(1, settings.keysMinInterval().toNanos());
            var due = isWanted || isFailing
                    ? least
                    : Math.max(least, settings.keysRefresh().toNanos());
            var left = due - (System.nanoTime() - began);
            if (left <= 0) {
                return;
            }
            LockSupport.parkNanos(this, left);
            Thread.interrupted(); // else it would not park again
        }
    }
}
