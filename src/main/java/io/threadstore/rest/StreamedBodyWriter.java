package io.threadstore.rest;

import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.threadstore.platform.Limits;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.Provider;
import java.io.OutputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import java.util.concurrent.RejectedExecutionException;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;
import org.jboss.resteasy.reactive.server.spi.ResteasyReactiveResourceInfo;
import org.jboss.resteasy.reactive.server.spi.ServerMessageBodyWriter;
import org.jboss.resteasy.reactive.server.spi.ServerRequestContext;
import org.jspecify.annotations.Nullable;

/**
 * Sends a streamed body: the next chunk is made when the one before is on its way, so a slow client holds one chunk of memory
 * and neither a thread nor a database connection.
 */
@Provider
public class StreamedBodyWriter implements ServerMessageBodyWriter<StreamedBody> {

    private static final Logger LOG = Logger.getLogger(StreamedBodyWriter.class);

    private final long stallMillis;

    StreamedBodyWriter(Limits limits) {
        this.stallMillis = limits.streamStall().toMillis();
    }

    @Override
    public boolean isWriteable(
            Class<?> type, Type genericType, ResteasyReactiveResourceInfo target, MediaType mediaType) {
        return StreamedBody.class.isAssignableFrom(type);
    }

    @Override
    public boolean isWriteable(Class<?> type, Type genericType, Annotation[] annotations, MediaType mediaType) {
        return StreamedBody.class.isAssignableFrom(type);
    }

    @Override
    public void writeResponse(StreamedBody body, Type genericType, ServerRequestContext context) {
        var request = (ResteasyReactiveRequestContext) context;
        request.suspend();
        context.serverResponse().setChunked(true);
        Connections.closeUnlessChunked(request.unwrap(RoutingContext.class));
        sendNext(body, request);
    }

    private void sendNext(StreamedBody body, ResteasyReactiveRequestContext request) {
        var response = request.serverResponse();
        try {
            var chunk = response.closed() ? null : body.next();
            if (chunk == null) {
                finish(body, request);
                return;
            }
            var routing = request.unwrap(RoutingContext.class);
            var vertx = routing.vertx();
            var stall = vertx.setTimer(stallMillis, late -> Connections.cut(routing));
            response.write(chunk).whenComplete((sent, failure) -> {
                vertx.cancelTimer(stall);
                goOn(body, request, failure);
            });
        } catch (Throwable e) { // whatever it is, the client must see a broken connection and not wait for ever
            LOG.warnf(
                    e,
                    "a streamed answer was cut off: path=%s",
                    request.unwrap(RoutingContext.class).request().path());
            cutOff(body, request);
        }
    }

    private void goOn(StreamedBody body, ResteasyReactiveRequestContext request, @Nullable Throwable failure) {
        if (failure != null) {
            cutOff(body, request);
            return;
        }
        try {
            Infrastructure.getDefaultWorkerPool().execute(() -> sendNext(body, request));
        } catch (RejectedExecutionException e) {
            cutOff(body, request);
        }
    }

    private static void finish(StreamedBody body, ResteasyReactiveRequestContext request) {
        body.close();
        if (!request.serverResponse().closed()) {
            request.serverResponse().end();
        }
        request.resume();
    }

    /** Ends the connection, not the body, so that the client can tell. */
    private static void cutOff(StreamedBody body, ResteasyReactiveRequestContext request) {
        body.close();
        request.serverResponse().reset();
        request.resume();
    }

    @Override
    public void writeTo(
            StreamedBody body,
            Class<?> type,
            Type genericType,
            Annotation[] annotations,
            MediaType mediaType,
            MultivaluedMap<String, Object> headers,
            OutputStream out) {
        throw new UnsupportedOperationException("streamed bodies are written by writeResponse alone");
    }
}
