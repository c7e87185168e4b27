package io.threadstore.connection;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Stands between HTTP/1's codec and Vert.x. It tells the connection's guard when requests begin and end, answers those
 * that are not valid HTTP, and drops the offer to upgrade to HTTP/2: RFC 9113, 3.1 made it obsolete, and gateways that
 * pass it on let requests by their rules.
 */
final class Http1Guard extends ChannelDuplexHandler {

    static final String NAME = "threadstore-http1";

    /** How long a client has to read a rejection before the connection is closed. */
    private static final int LINGER_MILLIS = 2000;

    private static final String SETTINGS = "HTTP2-Settings";
    private static final String WEBSOCKET = "websocket";

    private final ConnectionGuard guard;
    private @Nullable ChannelHandlerContext context;
    private long requestsRead;
    private boolean isReadingRequest;

    /** Sent when the responses before it have been sent. */
    private @Nullable Runnable rejection;

    Http1Guard(ConnectionGuard guard) {
        this.guard = guard;
    }

    /** How many requests have been read, or rejected. */
    long requestsRead() {
        return requestsRead;
    }

    /** Whether the next bytes are a request's first, or further ones of its headers. */
    boolean isBetweenRequests() {
        return !isReadingRequest && guard.isIdle();
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        guard.answerLateHeadersWith(() ->
                reject(null, RequestRejection.headersTooLate(guard.limits().headerSeconds())));
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (rejection != null || guard.isDiscarding()) {
            ReferenceCountUtil.release(message);
            return;
        }
        if (message instanceof HttpRequest request) {
            requestsRead++;
            guard.headersComplete();
            var problem = check(request);
            if (problem != null) {
                Rejections.count();
                reject(request, problem);
                ReferenceCountUtil.release(message);
                return;
            }
            isReadingRequest = true;
            guard.pipelinedRequestBegins();
        }
        if (message instanceof LastHttpContent) {
            isReadingRequest = false;
        }
        ctx.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        ctx.write(message, promise);
        if (message instanceof LastHttpContent && !isInterim(message)) {
            guard.requestEnds();
            if (rejection != null && guard.isIdle()) {
                rejection.run();
            }
        }
    }

    private static boolean isInterim(Object message) {
        return message instanceof HttpResponse response
                && response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
    }

    private @Nullable RequestRejection check(HttpRequest request) {
        if (!request.decoderResult().isSuccess()) {
            return ofFailure(request, request.decoderResult().cause());
        }
        var version = request.protocolVersion();
        if (!version.equals(HttpVersion.HTTP_1_1) && !version.equals(HttpVersion.HTTP_1_0)) {
            return RequestRejection.BAD_VERSION;
        }
        var hosts = request.headers().getAll(HttpHeaderNames.HOST);
        if (hosts.size() != 1) {
            return hosts.isEmpty() ? RequestRejection.NO_HOST : RequestRejection.SEVERAL_HOSTS;
        }
        if (!HostHeader.isValid(hosts.get(0))) {
            return RequestRejection.BAD_HOST;
        }
        dropUpgrade(request.headers());
        return checkTarget(request, hosts.get(0));
    }

    private static void dropUpgrade(HttpHeaders headers) {
        if (headers.contains(HttpHeaderNames.UPGRADE)
                && !headers.containsValue(HttpHeaderNames.UPGRADE, WEBSOCKET, true)) {
            headers.remove(HttpHeaderNames.UPGRADE);
            headers.remove(SETTINGS);
            if (headers.containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE, true)) {
                headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
            } else {
                headers.remove(HttpHeaderNames.CONNECTION);
            }
        }
    }

    private static @Nullable RequestRejection checkTarget(HttpRequest request, String host) {
        var sent = request.uri();
        var target = sent;
        if (HostHeader.isAbsolute(sent)) { // RFC 9112, 3.2.2: servers must take it
            if (!HostHeader.authority(sent).equalsIgnoreCase(host)) {
                return RequestRejection.HOST_DIFFERS;
            }
            target = HostHeader.originForm(sent);
        }
        var normal = RequestTarget.normalize(target);
        if (normal == null) {
            return RequestRejection.BAD_TARGET;
        }
        if (!normal.equals(sent)) {
            request.setUri(normal);
        }
        return null;
    }

    private RequestRejection ofFailure(HttpRequest request, Throwable cause) {
        if (cause instanceof TooLongHttpLineException) {
            return RequestRejection.lineTooLong(guard.limits().maxRequestLine());
        }
        if (cause instanceof TooLongHttpHeaderException || cause instanceof TooLongFrameException) {
            return RequestRejection.headersTooLarge(guard.limits().maxHeaders());
        }
        var headers = request.headers();
        return headers.contains(HttpHeaderNames.TRANSFER_ENCODING) && headers.contains(HttpHeaderNames.CONTENT_LENGTH)
                ? RequestRejection.LENGTH_AND_CODING
                : RequestRejection.NOT_HTTP;
    }

    /**
     * Answers, after the responses to earlier requests, and closes. Where the next request would begin can't be known.
     */
    private void reject(@Nullable HttpRequest request, RequestRejection problem) {
        var isLineKnown = request != null && !(request.decoderResult().cause() instanceof TooLongHttpLineException);
        var path = isLineKnown ? RequestTarget.path(request.uri()) : null;
        var id = request == null ? null : request.headers().get(Rejections.REQUEST_ID);
        var isHead = request != null && request.method().equals(HttpMethod.HEAD);
        guard.discard();
        var version = request != null && request.protocolVersion().equals(HttpVersion.HTTP_1_0)
                ? HttpVersion.HTTP_1_0
                : HttpVersion.HTTP_1_1;
        rejection = () -> send(version, problem, Rejections.response(problem, path, id), isHead);
        if (guard.isIdle()) {
            rejection.run();
        }
    }

    private void send(HttpVersion version, RequestRejection problem, RejectionWriter.Response answer, boolean isHead) {
        var ctx = context;
        if (ctx == null) {
            return;
        }
        var response = new DefaultFullHttpResponse(
                version,
                HttpResponseStatus.valueOf(problem.status()),
                isHead ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(answer.body()));
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, answer.contentType())
                .set(Rejections.REQUEST_ID, answer.requestId())
                .set(HttpHeaderNames.CONTENT_LENGTH, answer.body().length)
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        ctx.writeAndFlush(response).addListener(sent -> linger(ctx));
    }

    /**
     * Says that nothing more comes, and reads on for a moment. A socket that is closed with bytes unread resets the
     * connection, and the client might never see the answer (RFC 9112, 9.6).
     */
    private void linger(ChannelHandlerContext ctx) {
        if (ctx.pipeline().context(SslHandler.class) == null && ctx.channel() instanceof DuplexChannel channel) {
            channel.shutdownOutput();
            ctx.channel().config().setAutoRead(true);
            ctx.executor().schedule(() -> ctx.close(), LINGER_MILLIS, TimeUnit.MILLISECONDS);
        } else {
            ctx.close();
        }
    }
}
