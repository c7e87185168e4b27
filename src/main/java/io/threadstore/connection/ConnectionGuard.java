package io.threadstore.connection;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.SslHandler;
import io.threadstore.connection.ConnectionCounts.Reason;
import io.vertx.core.net.impl.VertxHandler;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The deadlines of one connection. It has {@code header-timeout} for the TLS handshake and the headers of its first
 * request, and for the headers of each later request from their first byte on; bytes that arrive do not extend it.
 * Without a request in progress it has {@code idle-timeout}. A request in progress has no deadline here.
 *
 * <p>While a client does not take what is sent to it, nothing more is read from it: responses to requests that it keeps
 * sending would fill the memory. A client that sends many requests at once has some of them served, then the event
 * loop's other connections are served.
 *
 * <p>It is the first handler of the connection's pipeline. All fields belong to the connection's event loop.
 */
final class ConnectionGuard extends ChannelDuplexHandler {

    /** How many requests of an HTTP/1 connection wait for their responses before no more bytes are read from it. */
    private static final int MAX_PIPELINED = 64;

    /** How much of a connection is served before the event loop's others: 16 requests, or 1,024 frames of HTTP/2. */
    private static final int MAX_PER_TURN = 1024;

    private static final int REQUEST_COST = 64;
    private static final int FRAME_COST = 1;

    static final String NAME = "threadstore-connection";

    private final ConnectionLimits limits;
    private @Nullable ChannelHandlerContext context;

    /** Answers late headers where an answer is possible. */
    private @Nullable Runnable lateHeadersAnswer;

    /** Passes on what has been read and waits for the connection's next turn. */
    private @Nullable Runnable nextTurn;

    private @Nullable ScheduledFuture<?> headerTimer;
    private @Nullable ScheduledFuture<?> idleTimer;
    private int requestsInProgress;
    private long idleSince;
    private long unsentBytes;
    private boolean isDiscarding;
    private boolean isReadingHeld;
    private boolean isPipelineFull;
    private int requestsBegun;
    private int costThisTurn;
    private boolean isAnyWaiting;
    private boolean isTurnScheduled;

    ConnectionGuard(ConnectionLimits limits) {
        this.limits = limits;
    }

    ConnectionLimits limits() {
        return limits;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        context = ctx;
        idleSince = System.nanoTime();
        headersBegin();
        checkIdleIn(limits.idleNanos());
        var tls = ctx.pipeline().context(SslHandler.class);
        ctx.pipeline()
                .addAfter(
                        tls == null ? NAME : tls.name(),
                        ProtocolDetector.NAME,
                        new ProtocolDetector(this, tls != null));
        ctx.fireChannelActive();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        readOrHold(ctx);
        ctx.fireChannelWritabilityChanged();
    }

    private void readOrHold(ChannelHandlerContext ctx) {
        if (mayRead(ctx)) {
            resumeReading(ctx);
        } else {
            holdReading(ctx);
            scheduleTurn(ctx);
        }
    }

    private boolean mayRead(ChannelHandlerContext ctx) {
        // what is discarded is read on: a socket that is closed with bytes unread resets the connection
        return isDiscarding || !isAnyWaiting && mayPassOn(ctx);
    }

    private boolean mayPassOn(ChannelHandlerContext ctx) {
        return ctx.channel().isWritable() && !isPipelineFull;
    }

    private void scheduleTurn(ChannelHandlerContext ctx) {
        var turn = nextTurn;
        if (isAnyWaiting && !isTurnScheduled && turn != null && mayPassOn(ctx)) {
            isTurnScheduled = true;
            ctx.executor().execute(() -> {
                isTurnScheduled = false;
                costThisTurn = 0;
                turn.run();
            });
        }
    }

    /** @param turn passes on what has been read, as long as {@link #isTurn} */
    void takeTurnsWith(Runnable turn) {
        nextTurn = turn;
    }

    /** Whether more of what has been read may be passed on now. */
    boolean isTurn() {
        return costThisTurn < MAX_PER_TURN && context != null && mayPassOn(context);
    }

    /** How many requests have begun on this connection; it may overflow. */
    int requestsBegun() {
        return requestsBegun;
    }

    /** A frame of HTTP/2 has begun. */
    void frameBegins() {
        costThisTurn += FRAME_COST;
    }

    /** @param isAny whether something that has been read waits for the next turn; meanwhile no more is read */
    void waitForTurn(boolean isAny) {
        isAnyWaiting = isAny;
        if (context != null) {
            readOrHold(context);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (!isAnyWaiting) {
            costThisTurn = 0;
        }
        ctx.fireChannelReadComplete();
    }

    private void resumeReading(ChannelHandlerContext ctx) {
        if (isReadingHeld) {
            isReadingHeld = false;
            var vertx = ctx.pipeline().get(VertxHandler.class);
            if (vertx != null) {
                // else it takes the channel for paused still, and would not pause it when its own queue is full
                vertx.getConnection().doResume();
            }
            ctx.channel().config().setAutoRead(true);
        }
    }

    @Override
    public void read(ChannelHandlerContext ctx) {
        if (mayRead(ctx)) {
            ctx.read();
        } else {
            holdReading(ctx);
        }
    }

    private void holdReading(ChannelHandlerContext ctx) {
        var config = ctx.channel().config();
        if (config.isAutoRead()) {
            isReadingHeld = true;
            config.setAutoRead(false);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        cancelTimers();
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        cancelTimers();
    }

    private void cancelTimers() {
        headersComplete();
        if (idleTimer != null) {
            idleTimer.cancel(false);
            idleTimer = null;
        }
    }

    void answerLateHeadersWith(Runnable answer) {
        lateHeadersAnswer = answer;
    }

    /** Some bytes of headers have arrived, or are awaited. Does nothing if the time runs already. */
    void headersBegin() {
        if (headerTimer == null && context != null && !isDiscarding) {
            headerTimer = context.executor().schedule(this::headersAreLate, limits.headerNanos(), TimeUnit.NANOSECONDS);
        }
    }

    void headersComplete() {
        if (headerTimer != null) {
            headerTimer.cancel(false);
            headerTimer = null;
        }
    }

    void requestBegins() {
        requestsInProgress++;
        requestsBegun++;
        costThisTurn += REQUEST_COST;
    }

    /** A request of HTTP/1 begins, perhaps before the responses to earlier ones: not too many are read ahead. */
    void pipelinedRequestBegins() {
        requestBegins();
        if (requestsInProgress >= MAX_PIPELINED && context != null) {
            isPipelineFull = true;
            holdReading(context);
        }
    }

    void requestEnds() {
        requestsInProgress--;
        if (isPipelineFull && requestsInProgress < MAX_PIPELINED / 2 && context != null) {
            isPipelineFull = false;
            readOrHold(context);
        }
        if (requestsInProgress == 0) {
            idleSince = System.nanoTime();
        }
    }

    boolean isIdle() {
        return requestsInProgress == 0;
    }

    /** From now on what the client sends is read and thrown away, until the connection is closed. */
    void discard() {
        isDiscarding = true;
        headersComplete();
    }

    boolean isDiscarding() {
        return isDiscarding;
    }

    /** Closes the connection without waiting for requests in progress or for what is still to be sent. */
    void closeNow() {
        if (context != null) {
            discard();
            context.close();
        }
    }

    private void headersAreLate() {
        headerTimer = null;
        ConnectionCounts.INSTANCE.rejected(Reason.HEADER_TIMEOUT);
        if (lateHeadersAnswer != null) {
            lateHeadersAnswer.run();
        } else {
            closeNow();
        }
    }

    private void checkIdleIn(long nanos) {
        if (context != null) {
            idleTimer = context.executor().schedule(this::checkIdle, nanos, TimeUnit.NANOSECONDS);
        }
    }

    private void checkIdle() {
        idleTimer = null;
        if (context == null) {
            return;
        }
        // while headers arrive, their own timer runs
        var isWaiting = isIdle() && headerTimer == null;
        var left = isWaiting ? limits.idleNanos() - (System.nanoTime() - idleSince) : limits.idleNanos();
        if (left > 0) {
            unsentBytes = 0;
            checkIdleIn(left);
        } else if (isStillSending()) {
            checkIdleIn(limits.idleNanos());
        } else {
            ConnectionCounts.INSTANCE.idleClosed();
            // from the end of the pipeline: HTTP/2 says goodbye, TLS too
            context.channel().close();
        }
    }

    /**
     * The last response may be on its way to a slow client for long. It counts while some of it has been taken since
     * the last check.
     */
    private boolean isStillSending() {
        if (context == null) {
            return false;
        }
        var buffer = context.channel().unsafe().outboundBuffer();
        var unsent = buffer == null ? 0 : buffer.totalPendingWriteBytes();
        var isProgress = unsent > 0 && (unsentBytes == 0 || unsent < unsentBytes);
        unsentBytes = unsent;
        return isProgress;
    }
}
