package io.threadstore.admission;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.threadstore.platform.limits.Limiters.Limit;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * A response that has ended, but whose bytes are still here because the client does not take them: it does not read its
 * connection, or gives its HTTP/2 stream no window. The memory of the request is held until they are sent. A client
 * that takes too long is disconnected; over HTTP/2 its stream alone is reset.
 */
final class UnsentResponse {

    private static final int CHECK_MILLIS = 100;

    /** Up to this, in bytes, a response over HTTP/1 is not watched while the channel takes more. */
    private static final int SMALL = 16 * 1024;

    private final RoutingContext routing;
    private final Channel channel;
    private final Runnable onSent;
    private final Limits limits;
    private long deadline;

    /**
     * How long a client may take.
     *
     * @param stall for whatever it is
     * @param minRate besides, in bytes per second
     */
    record Limits(Duration stall, long minRate) {

        long nanosFor(long bytes) {
            return stall.toNanos() + (long) ((double) bytes / minRate * TimeUnit.SECONDS.toNanos(1));
        }
    }

    private UnsentResponse(RoutingContext routing, Channel channel, Limits limits, Runnable onSent) {
        this.routing = routing;
        this.channel = channel;
        this.limits = limits;
        this.onSent = onSent;
    }

    /** Calls back once, when the bytes of the response are sent, or never will be. To be called when it has ended. */
    static void await(RoutingContext routing, Limits limits, Runnable onSent) {
        var isHttp2 = routing.request().version() == HttpVersion.HTTP_2;
        if (!(routing.request().connection() instanceof ConnectionBase connection)
                || !isHttp2
                        && routing.response().bytesWritten() <= SMALL
                        && connection.channel().isWritable()) {
            onSent.run();
            return;
        }
        var unsent = new UnsentResponse(routing, connection.channel(), limits, onSent);
        // after what the thread that ended the response has passed on to the event loop
        unsent.orSent(() -> connection.channel().eventLoop().execute(isHttp2 ? unsent::beginStream : unsent::mark));
    }

    private void orSent(Runnable task) {
        try {
            task.run();
        } catch (RejectedExecutionException e) { // the server has stopped
            onSent.run();
        }
    }

    /** The bytes of one response after the other are sent: once what is written now is sent, all before it are. */
    private void mark() {
        var unsafe = channel.unsafe();
        var buffer = unsafe.outboundBuffer();
        if (buffer == null || buffer.totalPendingWriteBytes() == 0) {
            onSent.run();
            return;
        }
        // past the handlers, which would wait for what is to be sent
        Runnable cut = () -> unsafe.close(channel.voidPromise());
        var nanos = limits.nanosFor(buffer.totalPendingWriteBytes());
        orSent(() -> {
            var late = channel.eventLoop().schedule(cut, nanos, TimeUnit.NANOSECONDS);
            var mark = channel.newPromise();
            mark.addListener(sentOrClosed -> {
                late.cancel(false);
                onSent.run();
            });
            revocable(cut);
            unsafe.write(Unpooled.EMPTY_BUFFER, mark);
            unsafe.flush();
        });
    }

    /** Another tenant that waits for its share of the memory does not wait for this client. */
    private void revocable(Runnable cut) {
        AdmittedRequest.find(routing).ifPresent(request -> {
            for (var limit : new Limit[] {Limit.MEMORY, Limit.DIRECT_MEMORY}) {
                request.revocable(limit, () -> channel.eventLoop().execute(cut));
            }
        });
    }

    private void beginStream() {
        if (!isStreamPending()) {
            onSent.run();
            return;
        }
        // of a streamed response no more than its last chunk is left
        var bytes = routing.response().isChunked() ? 0 : routing.response().bytesWritten();
        deadline = System.nanoTime() + limits.nanosFor(bytes);
        revocable(this::resetStream);
        checkStream();
    }

    private void checkStream() {
        if (isStreamPending() && System.nanoTime() - deadline > 0) {
            resetStream();
        }
        if (isStreamPending()) {
            orSent(() -> channel.eventLoop().schedule(this::checkStream, CHECK_MILLIS, TimeUnit.MILLISECONDS));
        } else {
            onSent.run();
        }
    }

    private boolean isStreamPending() {
        var handler = channel.isActive() ? channel.pipeline().get(Http2ConnectionHandler.class) : null;
        var stream = handler == null
                ? null
                : handler.connection().stream(routing.response().streamId());
        return stream != null && handler.encoder().flowController().hasFlowControlled(stream);
    }

    /** The response's own reset has no effect once both sides have ended the stream. */
    private void resetStream() {
        var context = channel.pipeline().context(Http2ConnectionHandler.class);
        if (context != null) {
            ((Http2ConnectionHandler) context.handler())
                    .resetStream(
                            context, routing.response().streamId(), Http2Error.CANCEL.code(), context.newPromise());
            context.flush();
        }
    }
}
