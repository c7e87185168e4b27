package io.threadstore.rest;

import io.netty.buffer.Unpooled;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.threadstore.admission.Connections;
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
        new Answer(body, request).sendOn();
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

    /** One answer on its way. */
    private final class Answer {

        private final StreamedBody body;
        private final ResteasyReactiveRequestContext request;
        private final RoutingContext routing;
        private final StallWatch stall;
        private CompletableFuture<Void> last = CompletableFuture.completedFuture(null);

        Answer(StreamedBody body, ResteasyReactiveRequestContext request) {
            this.body = body;
            this.request = request;
            this.routing = request.unwrap(RoutingContext.class);
            this.stall = new StallWatch(routing.vertx(), stallMillis, () -> Connections.cut(routing));
        }

        /** Makes chunks for as long as the client takes them; called on a worker thread. */
        void sendOn() {
            try {
                while (true) {
                    var chunk = request.serverResponse().closed() ? null : body.next();
                    if (chunk == null) {
                        endAfter(last);
                        return;
                    }
                    var beforeLast = last;
                    last = send(chunk);
                    if (!isSoonDone(beforeLast)) {
                        body.pause();
                        beforeLast.whenComplete((done, failure) -> goOn(failure));
                        return;
                    }
                    beforeLast.join();
                }
            } catch (CompletionException e) { // the client has gone
                cutOff();
            } catch (Throwable e) { // whatever it is, the client must see a broken connection and not wait for ever
                try {
                    warn(e);
                } finally { // also if there is no memory for a log line
                    cutOff();
                }
            }
        }

        private void endAfter(CompletableFuture<Void> sent) throws InterruptedException {
            // on the event loop, where the end may come, nobody may wait for a database
            body.pause();
            if (isSoonDone(sent)) {
                sent.join();
                end(null);
            } else {
                sent.whenComplete((done, failure) -> end(failure));
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

        /** Makes more chunks when the client has taken one after a while; called on any thread. */
        private void goOn(@Nullable Throwable failure) {
            if (failure != null) {
                cutOff();
                return;
            }
            try {
                Infrastructure.getDefaultWorkerPool().execute(this::sendOn);
            } catch (RejectedExecutionException | Error e) { // an Error where no thread can be created
                cutOff();
            }
        }

        private CompletableFuture<Void> send(ByteBuffer chunk) {
            stall.sending();
            return routing.response()
                    .write(BufferImpl.buffer(Unpooled.wrappedBuffer(chunk)))
                    .onComplete(sent -> stall.taken())
                    .toCompletionStage()
                    .toCompletableFuture();
        }

        /** Everything has been sent, or can't be. */
        private void end(@Nullable Throwable failure) {
            if (failure != null) {
                cutOff();
                return;
            }
            try {
                stall.end();
                body.end();
                if (!request.serverResponse().closed()) {
                    request.serverResponse().end();
                }
                request.resume();
            } catch (RuntimeException | Error e) { // nobody else would hear of it
                try {
                    warn(e);
                } finally {
                    cutOff();
                }
            }
        }

        /**
         * Ends the connection, not the body, so that the client can tell. The memory of chunks is not used again: a write that has failed may have left a
         * part of its chunk on its way.
         */
        private void cutOff() {
            stall.end();
            try {
                body.close();
            } finally {
                request.serverResponse().reset();
                request.resume();
            }
        }

        private void warn(Throwable failure) {
            LOG.warnf(
                    failure,
                    "a streamed answer was cut off: path=%s",
                    routing.request().path());
        }
    }
}
