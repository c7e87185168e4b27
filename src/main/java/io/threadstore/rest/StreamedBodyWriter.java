package io.threadstore.rest;

import io.netty.buffer.Unpooled;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.threadstore.platform.Limits;
import io.vertx.core.buffer.impl.BufferImpl;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.Provider;
import java.io.OutputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;
import org.jboss.resteasy.reactive.server.spi.ResteasyReactiveResourceInfo;
import org.jboss.resteasy.reactive.server.spi.ServerMessageBodyWriter;
import org.jboss.resteasy.reactive.server.spi.ServerRequestContext;
import org.jspecify.annotations.Nullable;

/**
 * Sends a streamed body: while a chunk is on its way the next one is made, and no more, so a slow client holds two chunks of memory and
 * neither a thread nor a database connection.
 */
@Provider
public class StreamedBodyWriter implements ServerMessageBodyWriter<StreamedBody> {

    private static final Logger LOG = Logger.getLogger(StreamedBodyWriter.class);

    private static final long PATIENCE_MILLIS = 20;

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
        sendOn(body, request, CompletableFuture.completedFuture(null));
    }

    /** Makes chunks for as long as the client takes them; called on a worker thread. */
    private void sendOn(StreamedBody body, ResteasyReactiveRequestContext request, CompletionStage<Void> before) {
        try {
            var last = before;
            ByteBuffer chunk;
            do {
                chunk = request.serverResponse().closed() ? null : body.next();
                var sent = last.toCompletableFuture();
                if (!isSoonDone(sent)) {
                    body.pause();
                    var next = chunk;
                    sent.whenComplete((done, failure) -> goOn(body, request, next, failure));
                    return;
                }
                sent.join();
                last = chunk == null ? last : send(chunk, request);
            } while (chunk != null);
            finish(body, request);
        } catch (CompletionException e) { // the client has gone
            cutOff(body, request);
        } catch (Throwable e) { // whatever it is, the client must see a broken connection and not wait for ever
            LOG.warnf(
                    e,
                    "a streamed answer was cut off: path=%s",
                    request.unwrap(RoutingContext.class).request().path());
            cutOff(body, request);
        }
    }

    /** A client that keeps up is waited for: what is being read need not be given up. */
    private static boolean isSoonDone(CompletableFuture<Void> sent) throws InterruptedException {
        try {
            sent.get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
            return true;
        } catch (ExecutionException e) {
            return true;
        } catch (TimeoutException e) {
            return false;
        }
    }

    /** Sends what was made while the chunk before was on its way; called on any thread. */
    private void goOn(
            StreamedBody body,
            ResteasyReactiveRequestContext request,
            @Nullable ByteBuffer chunk,
            @Nullable Throwable failure) {
        if (failure != null) {
            cutOff(body, request);
            return;
        }
        if (chunk == null) {
            finish(body, request);
            return;
        }
        var sent = send(chunk, request);
        try {
            Infrastructure.getDefaultWorkerPool().execute(() -> sendOn(body, request, sent));
        } catch (RejectedExecutionException e) {
            cutOff(body, request);
        }
    }

    private CompletionStage<Void> send(ByteBuffer chunk, ResteasyReactiveRequestContext request) {
        var routing = request.unwrap(RoutingContext.class);
        var vertx = routing.vertx();
        var stall = vertx.setTimer(stallMillis, late -> Connections.cut(routing));
        return routing.response()
                .write(BufferImpl.buffer(Unpooled.wrappedBuffer(chunk)))
                .onComplete(sent -> vertx.cancelTimer(stall))
                .toCompletionStage();
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
