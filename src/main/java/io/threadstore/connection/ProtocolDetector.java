package io.threadstore.connection;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Sees the bytes of HTTP before Vert.x does: behind TLS where there is TLS. Vert.x chooses the protocol by the first
 * bytes and builds the pipeline then. So these bytes are passed on one by one until it has, and the guard of the
 * protocol is in its place before the first request. Later bytes are passed on in parts, so that a connection with many
 * requests at once leaves turns to others.
 */
final class ProtocolDetector extends ChannelInboundHandlerAdapter {

    static final String NAME = "threadstore-protocol";

    /** In bytes: some dozen of the shortest requests. */
    private static final int MIN_PART = 2 * 1024;

    private static final int MAX_PART = 16 * 1024;

    private final ConnectionGuard guard;
    private final boolean isBehindTls;
    private final Deque<ByteBuf> waiting = new ArrayDeque<>();
    private boolean isKnown;
    private boolean isAnyRead;
    private boolean isTlsAhead;
    private @Nullable Http1Guard http1;

    ProtocolDetector(ConnectionGuard guard, boolean isBehindTls) {
        this.guard = guard;
        this.isBehindTls = isBehindTls;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        guard.takeTurnsWith(() -> takeTurn(ctx));
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (guard.isDiscarding()) {
            ReferenceCountUtil.release(message);
        } else if (!(message instanceof ByteBuf bytes)) {
            ctx.fireChannelRead(message);
        } else if (isKnown) {
            read(ctx, bytes);
        } else {
            detect(ctx, bytes);
        }
    }

    private void read(ChannelHandlerContext ctx, ByteBuf bytes) {
        if (isTlsAhead) {
            ctx.fireChannelRead(bytes); // its detector sees what is decrypted
            return;
        }
        waiting.add(bytes);
        if (waiting.size() == 1) {
            passOn(ctx);
        }
    }

    /** Passes on in small parts while it is this connection's turn; the rest waits for the next one. */
    private void passOn(ChannelHandlerContext ctx) {
        if (guard.isDiscarding()) {
            releaseWaiting();
        }
        var size = MIN_PART;
        while (!waiting.isEmpty() && guard.isTurn()) {
            var requests = guard.requestsBegun();
            var first = waiting.element();
            if (first.readableBytes() <= size) {
                waiting.remove();
                pass(ctx, first);
            } else {
                pass(ctx, first.readRetainedSlice(size));
            }
            // bodies are passed on in larger parts
            size = guard.requestsBegun() == requests ? Math.min(2 * size, MAX_PART) : MIN_PART;
        }
        guard.waitForTurn(!waiting.isEmpty());
    }

    private void pass(ChannelHandlerContext ctx, ByteBuf part) {
        if (http1 == null) {
            ctx.fireChannelRead(part);
            return;
        }
        var requests = http1.requestsRead();
        var wasBetweenRequests = http1.isBetweenRequests();
        ctx.fireChannelRead(part);
        if (wasBetweenRequests && http1.requestsRead() == requests && http1.isBetweenRequests()) {
            guard.headersBegin();
        }
    }

    private void takeTurn(ChannelHandlerContext ctx) {
        passOn(ctx);
        ctx.fireChannelReadComplete();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        releaseWaiting();
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        releaseWaiting();
    }

    private void releaseWaiting() {
        waiting.forEach(ByteBuf::release);
        waiting.clear();
    }

    private void detect(ChannelHandlerContext ctx, ByteBuf bytes) {
        isKnown = attachGuard(ctx);
        while (!isKnown && bytes.readableBytes() > 1) {
            isAnyRead = true;
            ctx.fireChannelRead(bytes.readRetainedSlice(1));
            isKnown = attachGuard(ctx);
        }
        if (isKnown) {
            read(ctx, bytes);
        } else {
            isAnyRead = true;
            ctx.fireChannelRead(bytes);
            isKnown = attachGuard(ctx);
        }
    }

    /** Whether Vert.x has chosen the protocol. */
    private boolean attachGuard(ChannelHandlerContext ctx) {
        var pipeline = ctx.pipeline();
        var decoder = pipeline.context(HttpRequestDecoder.class);
        var encoder = pipeline.context(HttpResponseEncoder.class);
        var http2 = pipeline.context(Http2ConnectionHandler.class);
        if (decoder != null && encoder != null) {
            http1 = new Http1Guard(guard);
            pipeline.addAfter(encoder.name(), Http1Guard.NAME, http1);
            return true;
        }
        if (http2 != null) {
            var handler = (Http2ConnectionHandler) http2.handler();
            pipeline.addBefore(
                    http2.name(), Http2FrameLimiter.NAME, new Http2FrameLimiter(guard, handler, http2, !isAnyRead));
            Http2RequestGuard.attach(guard, handler);
            return true;
        }
        var tls = isBehindTls ? null : pipeline.context(SslHandler.class);
        if (tls != null) { // behind the PROXY protocol
            pipeline.addAfter(tls.name(), NAME + "-tls", new ProtocolDetector(guard, true));
            isTlsAhead = true;
            return true;
        }
        return false;
    }
}
