package io.threadstore.rest;

import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.Limits;
import io.threadstore.platform.Overload;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.concurrent.Semaphore;

/** How many histories may be on their way at once: each holds a page of items or two, for as long as its client takes. */
@ApplicationScoped
class StreamPlaces {

    private final Semaphore places;
    private final CurrentVertxRequest request;
    private final Overload overload;

    StreamPlaces(Limits limits, CurrentVertxRequest request, Overload overload) {
        this.places = new Semaphore(limits.concurrentStreams());
        this.request = request;
        this.overload = overload;
    }

    /**
     * Takes a place until the request in hand ends. Its place among those that are worked on goes to another one.
     *
     * @throws ThreadStoreException {@link ErrorKind#UNAVAILABLE}
     */
    void take() {
        if (!places.tryAcquire()) {
            overload.refused(Overload.Of.STREAMS);
            throw ThreadStoreException.of(
                    ErrorKind.UNAVAILABLE, "as many histories as may are being sent; try again later");
        }
        var context = request.getCurrent();
        Holdings.current(context).add(places::release);
        RequestGate.leave(context);
    }
}
