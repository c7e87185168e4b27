package io.threadstore.codex;

import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.quarkus.arc.Arc;
import io.quarkus.grpc.GrpcService;
import io.quarkus.grpc.runtime.ServerInterceptorStorage;
import io.threadstore.codex.proto.ThreadStoreGrpc;
import io.threadstore.platform.Limits;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.HttpServerRequestInternal;
import io.vertx.core.http.impl.HttpServerRequestWrapper;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.GrpcServerOptions;
import io.vertx.grpc.server.GrpcServiceBridge;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.spi.Prioritized;
import java.util.ArrayList;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * The gRPC server of this service. It is called by the gate with whole messages: all calls are unary, and the library's
 * own deframer copies what it has for each HTTP/2 frame and unpacks compressed messages without a bound.
 */
@ApplicationScoped
class GrpcEndpoint {

    private static final int PREFIX_BYTES = 5;

    private final Vertx vertx;
    private final CodexThreadStore service;
    private final ServerInterceptorStorage interceptors;
    private final Limits limits;
    private volatile @Nullable GrpcServer server;

    GrpcEndpoint(
            Vertx vertx, @GrpcService CodexThreadStore service, ServerInterceptorStorage interceptors, Limits limits) {
        this.vertx = vertx;
        this.service = service;
        this.interceptors = interceptors;
        this.limits = limits;
    }

    /** Handles an admitted call, on its event loop. */
    void handle(HttpServerRequest request, Buffer message) {
        var whole = new WholeMessage(request, message);
        server().handle(whole);
        whole.deliver();
    }

    private GrpcServer server() {
        var known = server;
        if (known == null) {
            synchronized (this) {
                known = server;
                if (known == null) {
                    known = create();
                    server = known;
                }
            }
        }
        return known;
    }

    /** With the interceptors that Quarkus' own server has: request contexts, metrics, traces. */
    private GrpcServer create() {
        var created = GrpcServer.server(
                vertx, new GrpcServerOptions().setMaxMessageSize((long) limits.grpcMessage() + PREFIX_BYTES));
        var global = new ArrayList<ServerInterceptor>();
        for (var type : interceptors.getGlobalInterceptors()) {
            global.add((ServerInterceptor)
                    Arc.container().instance(type, Any.Literal.INSTANCE).get());
        }
        global.sort(Comparator.comparingInt(
                interceptor -> interceptor instanceof Prioritized prioritized ? prioritized.getPriority() : 0));
        GrpcServiceBridge.bridge(ServerInterceptors.intercept(service.bindService(), global))
                .bind(created);
        return created;
    }

    /** The full name of the service, as it stands in paths. */
    static String serviceName() {
        return ThreadStoreGrpc.SERVICE_NAME;
    }

    /** A request whose body has been read. */
    private static final class WholeMessage extends HttpServerRequestWrapper {

        private final Buffer message;
        private @Nullable Handler<Buffer> taker;
        private @Nullable Handler<Void> end;

        WholeMessage(HttpServerRequest request, Buffer message) {
            super((HttpServerRequestInternal) request);
            this.message = message;
        }

        void deliver() {
            if (taker != null) {
                taker.handle(message);
            }
            if (end != null) {
                end.handle(null);
            }
        }

        @Override
        public HttpServerRequest handler(@Nullable Handler<Buffer> handler) {
            taker = handler;
            return this;
        }

        @Override
        public HttpServerRequest endHandler(@Nullable Handler<Void> handler) {
            end = handler;
            return this;
        }

        @Override
        public HttpServerRequest pause() {
            return this;
        }

        @Override
        public HttpServerRequest resume() {
            return this;
        }

        @Override
        public HttpServerRequest fetch(long amount) {
            return this;
        }
    }
}
