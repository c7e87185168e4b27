package io.threadstore.rest;

import io.quarkus.vertx.http.runtime.filters.QuarkusRequestWrapper;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What a request holds and gives back when it ends, however it ends. The routing context's own end handlers don't hear of a client that
 * has gone: the framework puts another in their place.
 */
final class Holdings {

    private static final String KEY = "threadstore.holdings";

    private final Deque<Runnable> releases = new ArrayDeque<>();
    private boolean ended;

    private Holdings() {}

    /** To be called once, on the request's event loop. */
    static Holdings of(RoutingContext context) {
        var holdings = new Holdings();
        context.put(KEY, holdings);
        QuarkusRequestWrapper.get(context.request()).addRequestDoneHandler(done -> holdings.end());
        return holdings;
    }

    /** Those of a request that has passed the gate. */
    static Holdings current(RoutingContext context) {
        return context.get(KEY);
    }

    /**
     * Adds what gives something back: when the request ends, or now if it has ended.
     *
     * @return what gives it back before that; it is given back once
     */
    Runnable add(Runnable release) {
        var given = new AtomicBoolean();
        Runnable once = () -> {
            if (!given.getAndSet(true)) {
                release.run();
            }
        };
        synchronized (releases) {
            if (!ended) {
                releases.push(once);
                return once;
            }
        }
        once.run();
        return once;
    }

    private void end() {
        synchronized (releases) {
            ended = true;
        }
        releases.forEach(Runnable::run);
    }
}
