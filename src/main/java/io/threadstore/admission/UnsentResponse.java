package io.threadstore.admission;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
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
        if (!(routing.request().connection() instanceof ConnectionBase connection)
                || !isHttp2(routing) && routing.response().bytesWritten() <= SMALL) {
            onSent.run();
            return;
        }
        var unsent = new UnsentResponse(routing, connection.channel(), limits, onSent);
        // after what the thread that ended the response has passed on to the event loop
        execute(connection.channel().eventLoop(), unsent::check, onSent);
    }

    private static void execute(EventLoop loop, Runnable check, Runnable onSent) {
        try {
            loop.execute(check);
        } catch (RejectedExecutionException e) { // the server has stopped
            onSent.run();
        }
    }

    private static boolean isHttp2(RoutingContext routing) {
        return routing.request().version() == HttpVersion.HTTP_2;
    }

    /** On the event loop. */
    private void check() {
        var isLate = System.nanoTime() - deadline > 0;
        if (isPending() && isLate) {
            cut();
        }
        if (isLate || !isPending()) {
            onSent.run();
            return;
        }
        try {
            channel.eventLoop().schedule(this::check, CHECK_MILLIS, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            onSent.run();
        }
    }

    private boolean isPending() {
        if (!channel.isActive()) {
            return false;
        }
        if (!isHttp2(routing)) {
            var buffer = channel.unsafe().outboundBuffer();
            return buffer != null && buffer.totalPendingWriteBytes() > 0;
        }
        var handler = channel.pipeline().get(Http2ConnectionHandler.class);
        var stream = handler == null
                ? null
                : handler.connection().stream(routing.response().streamId());
        return stream != null && handler.encoder().flowController().hasFlowControlled(stream);
    }

    private void cut() {
        if (!isHttp2(routing)) {
            channel.unsafe().close(channel.voidPromise()); // past the handlers, which would wait for what is to be sent
            return;
        }
        // the response's own reset has no effect once both sides have ended the stream
        var context = channel.pipeline().context(Http2ConnectionHandler.class);
        if (context != null) {
            ((Http2ConnectionHandler) context.handler())
                    .resetStream(
                            context, routing.response().streamId(), Http2Error.CANCEL.code(), context.newPromise());
            context.flush();
        }
    }
}
