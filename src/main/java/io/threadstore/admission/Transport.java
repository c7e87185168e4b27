package io.threadstore.admission;

import io.threadstore.error.ThreadStoreException;
import io.vertx.ext.web.RoutingContext;

/** How one transport is admitted. All methods are called on the request's event loop and never wait. */
public interface Transport {

    /** Whether a request is this transport's. */
    boolean accepts(RoutingContext context);

    /**
     * Determines from the headers alone the caller and what the request needs.
     *
     * @throws ThreadStoreException if the request is rejected; nothing of its body is read then
     */
    Admission admit(RoutingContext context);

    /** Goes on with a request that has been admitted. */
    void proceed(RoutingContext context, AdmittedRequest request);

    /** Answers a request that is rejected, unless the client has disconnected. */
    void reject(RoutingContext context, ThreadStoreException rejection);
}
