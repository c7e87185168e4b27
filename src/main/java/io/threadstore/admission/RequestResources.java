package io.threadstore.admission;

import io.quarkus.vertx.http.runtime.filters.QuarkusRequestWrapper;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/**
 * The resources of a request. They are released when the request ends, however it ends. The routing context's own end
 * handlers are not called for a client that disconnects: the framework replaces them.
 */
public final class RequestResources {

    private static final Logger LOG = Logger.getLogger(RequestResources.class);

    private static final String KEY = "threadstore.request-resources";

    private final Deque<Runnable> releases = new ArrayDeque<>();
    private boolean ended;

    private RequestResources() {}

    /** To be called once, on the request's event loop. */
    static RequestResources of(RoutingContext context) {
        var resources = new RequestResources();
        context.put(KEY, resources);
        QuarkusRequestWrapper.get(context.request()).addRequestDoneHandler(done -> resources.end());
        return resources;
    }

    /** The resources of a request that has reached the gate. */
    public static RequestResources current(RoutingContext context) {
        return context.get(KEY);
    }

    /**
     * Adds an action that releases a resource. It is run once: when the request ends, or now if it has ended, or by the
     * returned action before that.
     *
     * @return releases the resource early
     */
    public Runnable add(Runnable release) {
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
        Throwable failure = null;
        for (var release : releases) {
            try {
                release.run();
            } catch (RuntimeException | Error e) { // the others are released all the same
                failure = e;
            }
        }
        if (failure != null) {
            LOG.error("a resource of a request can't be released", failure);
        }
    }
}
