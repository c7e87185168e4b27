package io.threadstore.admission;

import io.quarkus.vertx.http.runtime.filters.QuarkusRequestWrapper;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * The resources of a request. A request ends in three steps, each of which releases what is not needed after it:
 *
 * <ol>
 *   <li>Its exchange ends: the response is complete, or the client has disconnected.
 *   <li>The work on it ends. A client that disconnects does not end it, so permits are held until then.
 *   <li>The bytes of its response are sent: see {@link UnsentResponse}.
 * </ol>
 *
 * The routing context's own end handlers are not called for a client that disconnects: the framework replaces them.
 */
public final class RequestResources {

    private static final Logger LOG = Logger.getLogger(RequestResources.class);

    private static final String KEY = "threadstore.request-resources";

    private final Deque<Runnable> untilExchangeEnds = new ArrayDeque<>();
    private final Deque<Runnable> untilWorkEnds = new ArrayDeque<>();
    private final Deque<Runnable> untilSent = new ArrayDeque<>();
    private boolean isExchangeOver;
    private boolean isSent;
    private int work;

    private RequestResources() {}

    /** To be called once, on the request's event loop. */
    static RequestResources of(RoutingContext context, UnsentResponse.Limits limits) {
        var resources = new RequestResources();
        context.put(KEY, resources);
        QuarkusRequestWrapper.get(context.request()).addRequestDoneHandler(done -> {
            resources.exchangeEnds();
            UnsentResponse.await(context, limits, resources::sent);
        });
        return resources;
    }

    /** The resources of a request that has reached the gate. */
    public static RequestResources current(RoutingContext context) {
        return context.get(KEY);
    }

    /** Adds an action that is run once when the exchange ends, or now if it has ended. On any thread. */
    public void onExchangeEnd(Runnable action) {
        add(action, untilExchangeEnds);
    }

    /** Adds an action that releases a resource when the exchange and the work have ended, or now if they have. */
    void untilWorkEnds(Runnable release) {
        add(release, untilWorkEnds);
    }

    /** As {@link #untilWorkEnds}, and not before the bytes of the response are sent. */
    void untilSent(Runnable release) {
        add(release, untilSent);
    }

    private void add(Runnable release, Deque<Runnable> releases) {
        synchronized (this) {
            if (!isOver(releases)) {
                releases.push(release);
                return;
            }
        }
        release.run();
    }

    private boolean isOver(Deque<Runnable> releases) {
        return isExchangeOver && (releases == untilExchangeEnds || work == 0) && (releases != untilSent || isSent);
    }

    /**
     * Work on the request begins. From now on its permits and its memory are held until {@link #endWork}, even if the
     * client disconnects.
     *
     * @return false if the exchange has ended: nothing is held any more, so the work must not begin
     */
    public synchronized boolean beginWork() {
        if (isExchangeOver) {
            return false;
        }
        work++;
        return true;
    }

    /** Work that has begun has ended. */
    public void endWork() {
        synchronized (this) {
            work--;
        }
        release();
    }

    private void exchangeEnds() {
        synchronized (this) {
            isExchangeOver = true;
        }
        release();
    }

    private void sent() {
        synchronized (this) {
            isSent = true;
        }
        release();
    }

    private void release() {
        List<Runnable> due = new ArrayList<>();
        synchronized (this) {
            for (var releases : List.of(untilExchangeEnds, untilWorkEnds, untilSent)) {
                if (isOver(releases)) {
                    due.addAll(releases);
                    releases.clear();
                }
            }
        }
        Throwable failure = null;
        for (var each : due) {
            try {
                each.run();
            } catch (RuntimeException | Error e) { // the others are released all the same
                failure = e;
            }
        }
        if (failure != null) {
            LOG.error("a resource of a request can't be released", failure);
        }
    }
}
