package io.threadstore.attack;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** A tenant that always has more requests in progress than the service works on at once. */
final class GreedyTenant implements AutoCloseable {

    /** The service works on 400 requests at once. */
    private static final int CLIENTS = 450;

    /** One for all tenants: what a client does takes the processors' time too, and must favour none. */
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final HttpRequest request;
    private final AtomicLong completed = new AtomicLong();
    private final AtomicLong inProgress = new AtomicLong(CLIENTS);
    private volatile boolean isOver;

    GreedyTenant(Victim victim, String tenant) {
        request = HttpRequest.newBuilder(URI.create(victim.url("/v1/threads?limit=10")))
                .timeout(Duration.ofSeconds(20))
                .header("Authorization", "Bearer " + Victim.token(tenant))
                .build();
        for (var i = 0; i < CLIENTS; i++) {
            send();
        }
    }

    private void send() {
        CLIENT.sendAsync(request, HttpResponse.BodyHandlers.discarding()).whenComplete((answer, failure) -> {
            if (failure == null && answer.statusCode() == 200) {
                completed.incrementAndGet();
            }
            if (isOver) {
                inProgress.decrementAndGet();
            } else {
                send();
            }
        });
    }

    /** How many requests have been answered with 200 so far. */
    long completed() {
        return completed.get();
    }

    /** How many requests are answered with 200 in so many seconds from now. */
    long completedIn(int seconds) throws InterruptedException {
        var before = completed.get();
        TimeUnit.SECONDS.sleep(seconds);
        return completed.get() - before;
    }

    @Override
    public void close() {
        isOver = true;
        while (inProgress.get() > 0) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
    }
}
