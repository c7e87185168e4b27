package io.threadstore.admission;

import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import io.threadstore.platform.limits.Limiters.Limit;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.InputStream;

/** The current request of a blocking operation: its body and what it holds of the limits. */
@ApplicationScoped
public class CurrentRequest {

    private final CurrentVertxRequest current;
    private final BodySettings settings;

    CurrentRequest(CurrentVertxRequest current, BodySettings settings) {
        this.current = current;
        this.settings = settings;
    }

    /** What the current request holds. */
    public AdmittedRequest get() {
        return AdmittedRequest.of(current.getCurrent());
    }

    /**
     * The current request's body; a gathered one is returned as it is, because its bytes are counted already.
     *
     * @param cost how many bytes of memory each byte takes until the request ends; 0 if bytes are not kept
     */
    public InputStream counted(InputStream body, int cost) {
        var routing = current.getCurrent();
        var request = AdmittedRequest.of(routing);
        return request.body() == null ? new CountedBody(body, request, routing, settings, cost) : body;
    }

    /**
     * The current request waits for its client from now on, and holds no thread meanwhile: its place among those that
     * are worked on is given back, and another tenant that waits for its share may have it cut.
     *
     * @param directBytes the memory outside of the heap that it holds until it ends
     * @throws io.threadstore.error.ThreadStoreException UNAVAILABLE if there is no such memory in time
     */
    public void stream(long directBytes) {
        var routing = current.getCurrent();
        var request = AdmittedRequest.of(routing);
        if (directBytes > 0) {
            request.leaseOf(Limit.DIRECT_MEMORY).growBlocking(directBytes);
        }
        request.release(Limit.REQUESTS);
        Runnable cut = () -> {
            Connections.cut(routing);
            request.cut();
        };
        request.revocable(Limit.STREAMS, cut);
        request.revocable(Limit.MEMORY, cut);
        request.revocable(Limit.DIRECT_MEMORY, cut);
    }
}
