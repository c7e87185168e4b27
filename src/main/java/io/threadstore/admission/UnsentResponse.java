package io.threadstore.admission;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * A response that has ended, but whose bytes are still here because the client does not take them: it does not read its
 * connection, or gives its HTTP/2 stream no window. The memory of the request is held until they are sent. A client that
 * takes too long is disconnected; over HTTP/2 its stream alone is reset.
 */
final class UnsentResponse {

    private static final int CHECK_MILLIS = 100;

    /** What an HTTP/1 connection may hold uncounted, in bytes: what every request is counted with is more. */
    private static final int SMALL = 16 * 1024;

    private final RoutingContext routing;
    private final Channel channel;
    private final Runnable onSent;
    private final long deadline;

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
        this.onSent = onSent;
        this.deadline = System.nanoTime() + limits.nanosFor(routing.response().bytesWritten());
    }

    /** Calls back once, when the bytes of the response are sent, or never will be. To be called when it has ended. */
    static void await(RoutingContext routing, Limits limits, Runnable onSent) {
        var isHttp2 = routing.request().version() == HttpVersion.HTTP_2;
        if (!(routing.request().connection() instanceof ConnectionBase connection)
                || !isHttp2 && routing.response().bytesWritten() <= SMALL) {
            onSent.run();
            return;
        }
        var unsent = new UnsentResponse(routing, connection.channel(), limits, onSent);
        try {
            // after what the thread that ended the response has passed on to the event loop
            connection.channel().eventLoop().execute(isHttp2 ? unsent::checkStream : unsent::markConnection);
        } catch (RejectedExecutionException e) { // the server has stopped
            onSent.run();
        }
    }

    /** The bytes of one response after the other are sent: once what is written now is sent, all before it are. */
    private void markConnection() {
        var unsafe = channel.unsafe();
        var buffer = unsafe.outboundBuffer();
        if (buffer == null || buffer.totalPendingWriteBytes() == 0) {
            onSent.run();
            return;
        }
        var cut = channel.eventLoop()
                .schedule(
                        // past the handlers, which would wait for what is to be sent
                        () -> unsafe.close(channel.voidPromise()), deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        var mark = channel.newPromise();
        mark.addListener(sentOrClosed -> {
            cut.cancel(false);
            onSent.run();
        });
        unsafe.write(Unpooled.EMPTY_BUFFER, mark);
        unsafe.flush();
    }

    private void checkStream() {
        var isPending = isStreamPending();
        if (isPending && System.nanoTime() - deadline > 0) {
            resetStream();
            isPending = false;
        }
        if (!isPending) {
            onSent.run();
            return;
        }
        try {
            channel.eventLoop().schedule(this::checkStream, CHECK_MILLIS, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
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
