package io.threadstore.connection;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameTypes;
import io.netty.util.ReferenceCountUtil;
import io.threadstore.connection.ConnectionCounts.Reason;
import java.util.concurrent.TimeUnit;

/**
 * Limits the frames of an HTTP/2 connection that carry no data: PING, SETTINGS, PRIORITY, RST_STREAM, WINDOW_UPDATE,
 * empty DATA and unknown ones. A client may send {@code control-frames} in 10 s, and two for each HEADERS or DATA frame
 * that the service sends it: clients answer data with WINDOW_UPDATE and measure the connection with PING. It reads the
 * headers of frames (RFC 9113, 4.1) in the byte stream, so that frames of closed streams count too. It also tells the
 * connection's guard when a header block begins and ends.
 */
final class Http2FrameLimiter extends ChannelDuplexHandler {

    static final String NAME = "threadstore-http2-frames";

    private static final int FRAME_HEADER_BYTES = 9;
    private static final int PREFACE_BYTES = 24;
    private static final int TYPE_OFFSET = 3;
    private static final int END_STREAM = 0x1;
    private static final int END_HEADERS = 0x4;
    private static final int PER_OWN_FRAME = 2;
    private static final int MAX_EARNED = 10_000;
    private static final long WINDOW = TimeUnit.SECONDS.toNanos(10);

    private final ConnectionGuard guard;
    private final Http2ConnectionHandler http2;
    private final ChannelHandlerContext http2Context;

    private int allowance;
    private long refilledAt = System.nanoTime();
    private int earned;

    /** Bytes to skip: the preface, or a frame's payload. */
    private int skip;

    private boolean isFirstFrame = true;
    private int headerBytes;
    private int length;
    private byte type;
    private int flags;
    private boolean isEndOfHeaders = true;

    Http2FrameLimiter(
            ConnectionGuard guard,
            Http2ConnectionHandler http2,
            ChannelHandlerContext http2Context,
            boolean isPrefaceAhead) {
        this.guard = guard;
        this.http2 = http2;
        this.http2Context = http2Context;
        this.allowance = guard.limits().controlFrames();
        this.skip = isPrefaceAhead ? PREFACE_BYTES : 0;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (guard.isDiscarding() || message instanceof ByteBuf bytes && !isWithinLimit(bytes)) {
            ReferenceCountUtil.release(message);
            return;
        }
        ctx.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (message instanceof ByteBuf bytes && bytes.readableBytes() >= FRAME_HEADER_BYTES) {
            var written = bytes.getByte(bytes.readerIndex() + TYPE_OFFSET);
            if (written == Http2FrameTypes.DATA || written == Http2FrameTypes.HEADERS) {
                earned = Math.min(earned + PER_OWN_FRAME, MAX_EARNED);
            }
        }
        ctx.write(message, promise);
    }

    private boolean isWithinLimit(ByteBuf bytes) {
        var index = bytes.readerIndex();
        var end = bytes.writerIndex();
        while (index < end) {
            if (skip > 0) {
                var skipped = Math.min(skip, end - index);
                skip -= skipped;
                index += skipped;
            } else {
                readHeaderByte(bytes.getUnsignedByte(index++));
                if (headerBytes == FRAME_HEADER_BYTES) {
                    headerBytes = 0;
                    skip = length;
                    guard.frameBegins();
                    if (isFirstFrame) { // SETTINGS, or the codec rejects it
                        isFirstFrame = false;
                        guard.headersComplete();
                    }
                    if (isCounted() && !take()) {
                        stop();
                        return false;
                    }
                }
            }
            if (skip == 0 && headerBytes == 0 && isHeaderBlock() && isEndOfHeaders) {
                guard.headersComplete();
                type = Http2FrameTypes.DATA;
            }
        }
        if (!isEndOfHeaders || skip > 0 && isHeaderBlock()) {
            guard.headersBegin();
        }
        return true;
    }

    private void readHeaderByte(int octet) {
        if (headerBytes < TYPE_OFFSET) {
            length = headerBytes == 0 ? octet : length << 8 | octet;
        } else if (headerBytes == TYPE_OFFSET) {
            type = (byte) octet;
        } else if (headerBytes == TYPE_OFFSET + 1) {
            flags = octet;
            if (isHeaderBlock()) {
                isEndOfHeaders = (flags & END_HEADERS) != 0;
            }
        }
        headerBytes++;
    }

    private boolean isHeaderBlock() {
        return type == Http2FrameTypes.HEADERS || type == Http2FrameTypes.CONTINUATION;
    }

    private boolean isCounted() {
        return type == Http2FrameTypes.DATA
                ? length == 0 && (flags & END_STREAM) == 0
                : type != Http2FrameTypes.HEADERS;
    }

    private boolean take() {
        if (earned > 0) {
            earned--;
            return true;
        }
        if (allowance == 0) {
            refill();
        }
        if (allowance == 0) {
            return false;
        }
        allowance--;
        return true;
    }

    private void refill() {
        var limit = guard.limits().controlFrames();
        var now = System.nanoTime();
        var elapsed = Math.min(now - refilledAt, WINDOW);
        allowance = (int) (limit * elapsed / WINDOW);
        if (allowance > 0) {
            refilledAt = now;
        }
    }

    private void stop() {
        ConnectionCounts.INSTANCE.rejected(Reason.CONTROL_FRAMES);
        guard.discard();
        var reason = "more than " + guard.limits().controlFrames() + " control frames in 10 s";
        http2.goAway(
                        http2Context,
                        http2.connection().remote().lastStreamCreated(),
                        Http2Error.ENHANCE_YOUR_CALM.code(),
                        ByteBufUtil.writeAscii(http2Context.alloc(), reason),
                        http2Context.newPromise())
                .addListener(sent -> guard.closeNow());
        http2Context.flush();
    }
}
