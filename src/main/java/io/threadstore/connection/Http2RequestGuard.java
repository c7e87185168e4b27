package io.threadstore.connection;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.AsciiString;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Stands between HTTP/2's codec and Vert.x, and answers requests that are not valid HTTP: RFC 9113, 8. */
final class Http2RequestGuard extends Http2FrameListenerDecorator {

    private static final AsciiString REQUEST_ID = AsciiString.of(Rejections.REQUEST_ID.toLowerCase(Locale.ROOT));

    private final Http2ConnectionHandler http2;

    private Http2RequestGuard(Http2FrameListener listener, Http2ConnectionHandler http2) {
        super(listener);
        this.http2 = http2;
    }

    static void attach(ConnectionGuard guard, Http2ConnectionHandler http2) {
        http2.connection().addListener(new Http2ConnectionAdapter() {
            @Override
            public void onStreamActive(Http2Stream stream) {
                guard.requestBegins();
            }

            @Override
            public void onStreamClosed(Http2Stream stream) {
                guard.requestEnds();
            }
        });
        var decoder = http2.decoder();
        decoder.frameListener(new Http2FrameListenerDecorator(decoder.frameListener()) {
            @Override
            public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings) throws Http2Exception {
                super.onSettingsRead(ctx, settings);
                // Vert.x sets its own listener at the first SETTINGS
                if (!(decoder.frameListener() instanceof Http2RequestGuard)) {
                    decoder.frameListener(new Http2RequestGuard(decoder.frameListener(), http2));
                }
            }
        });
    }

    @Override
    public void onHeadersRead(ChannelHandlerContext ctx, int streamId, Http2Headers headers, int padding, boolean isEnd)
            throws Http2Exception {
        if (isValid(ctx, streamId, headers, isEnd)) {
            super.onHeadersRead(ctx, streamId, headers, padding, isEnd);
        }
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext ctx,
            int streamId,
            Http2Headers headers,
            int streamDependency,
            short weight,
            boolean exclusive,
            int padding,
            boolean isEnd)
            throws Http2Exception {
        if (isValid(ctx, streamId, headers, isEnd)) {
            super.onHeadersRead(ctx, streamId, headers, streamDependency, weight, exclusive, padding, isEnd);
        }
    }

    private boolean isValid(ChannelHandlerContext ctx, int streamId, Http2Headers headers, boolean isEnd)
            throws Http2Exception {
        if (headers.method() == null || HttpMethod.CONNECT.asciiName().contentEquals(headers.method())) {
            return true; // trailers, and what Vert.x resets
        }
        var te = headers.get(HttpHeaderNames.TE);
        if (te != null && !HttpHeaderValues.TRAILERS.contentEqualsIgnoreCase(te)) {
            Rejections.count();
            throw Http2Exception.streamError(
                    streamId, Http2Error.PROTOCOL_ERROR, "the TE header may only be \"trailers\"");
        }
        var rejection = check(headers);
        if (rejection != null) {
            reject(ctx, streamId, headers, rejection, isEnd);
        }
        return rejection == null;
    }

    private static @Nullable RequestRejection check(Http2Headers headers) {
        var hosts = headers.getAll(HttpHeaderNames.HOST);
        if (hosts.size() > 1) {
            return RequestRejection.SEVERAL_HOSTS;
        }
        var authority = headers.authority();
        if (authority == null) {
            if (hosts.isEmpty()) {
                return RequestRejection.NO_HOST;
            }
            authority = hosts.get(0);
        } else if (!hosts.isEmpty() && !AsciiString.contentEqualsIgnoreCase(authority, hosts.get(0))) {
            return RequestRejection.HOST_DIFFERS;
        }
        if (!HostHeader.isValid(authority)) {
            return RequestRejection.BAD_HOST;
        }
        var path = headers.path();
        if (path == null) {
            return RequestRejection.BAD_TARGET;
        }
        var target = path.toString();
        var normal = RequestTarget.normalize(target);
        if (normal == null) {
            return RequestRejection.BAD_TARGET;
        }
        if (!normal.equals(target)) {
            headers.path(AsciiString.of(normal));
        }
        return null;
    }

    private void reject(
            ChannelHandlerContext ctx, int streamId, Http2Headers request, RequestRejection rejection, boolean isEnd) {
        Rejections.count();
        var path = request.path();
        var id = request.get(REQUEST_ID);
        var answer = Rejections.response(
                rejection,
                path == null ? null : RequestTarget.path(path.toString()),
                id == null ? null : id.toString());
        var isHead = HttpMethod.HEAD.asciiName().contentEquals(request.method());
        var headers = new DefaultHttp2Headers()
                .status(Integer.toString(rejection.status()))
                .set(HttpHeaderNames.CONTENT_TYPE, answer.contentType())
                .set(REQUEST_ID, answer.requestId())
                .setInt(HttpHeaderNames.CONTENT_LENGTH, answer.body().length);
        http2.encoder().writeHeaders(ctx, streamId, headers, 0, isHead, ctx.newPromise());
        if (!isHead) {
            http2.encoder().writeData(ctx, streamId, Unpooled.wrappedBuffer(answer.body()), 0, true, ctx.newPromise());
        }
        if (!isEnd) {
            // RFC 9113, 8.1: the rest of the request is not wanted. The answer has to leave first: a reset discards
            // what is queued.
            http2.flush(ctx);
            http2.resetStream(ctx, streamId, Http2Error.NO_ERROR.code(), ctx.newPromise());
        }
    }
}
