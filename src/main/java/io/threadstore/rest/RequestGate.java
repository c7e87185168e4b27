package io.threadstore.rest;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.threadstore.error.ErrorContext;
import io.threadstore.platform.Limits;
import io.threadstore.platform.Overload;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.impl.RoutingContextInternal;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Keeps the threads for requests that are there and can be worked on. It stands on the event loop, where waiting costs no thread: small bodies are
 * gathered before their requests go on, large ones are read by a bounded number of threads, and requests beyond what could be answered soon
 * are refused at once instead of being queued.
 */
@ApplicationScoped
class RequestGate {

    private static final int AFTER_REQUEST_IDS = 900;
    private static final String PATHS = "/v1/";
    private static final String SLOT = "threadstore.request-slot";
    private static final Set<HttpMethod> WITH_BODY = Set.of(HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH);

    /** Bodies up to this length are gathered; no more than so many bytes of them are waited for together. */
    private static final int SMALL_BODY = 64 * 1024;

    /** How many bytes of bodies may be gathered at once. Asked for at run time: a native image's static fields are set where it is built. */
    private final long gatheredTogether = Runtime.getRuntime().maxMemory() / 16;

    private final Semaphore requests;
    private final Semaphore bodies;
    private final AtomicLong gathering = new AtomicLong();
    private final long readMillis;
    private final Overload overload;
    private final EarlyAnswers answers;

    RequestGate(
            Limits limits,
            @ConfigProperty(name = "quarkus.http.read-timeout") Duration readTimeout,
            Overload overload,
            EarlyAnswers answers) {
        this.requests = new Semaphore(limits.concurrentRequests());
        this.bodies = new Semaphore(limits.concurrentBodies());
        this.readMillis = readTimeout.toMillis();
        this.overload = overload;
        this.answers = answers;
    }

    void register(@Observes Filters filters) {
        filters.register(this::take, AFTER_REQUEST_IDS);
    }

    /** Gives the request's place to another one before it ends: from now on it waits for its client, and holds no thread meanwhile. */
    static void leave(RoutingContext context) {
        context.<Runnable>get(SLOT).run();
    }

    private void take(RoutingContext context) {
        if (!context.normalizedPath().startsWith(PATHS)) {
            context.next();
            return;
        }
        var holdings = Holdings.of(context);
        var length = bodyLength(context.request());
        if (length == 0) {
            enter(context);
        } else if (length > 0 && length <= SMALL_BODY) {
            gather(context, length);
        } else if (bodies.tryAcquire()) {
            holdings.add(bodies::release);
            enter(context);
        } else {
            refuse(context, Overload.Of.BODIES, "as many large bodies as may are being read");
        }
    }

    /** In bytes; -1 if it is not known. */
    private static long bodyLength(HttpServerRequest request) {
        var length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length != null) {
            try {
                return Long.parseLong(length);
            } catch (NumberFormatException e) {
                return -1;
            }
        }
        var mayHaveBody = request.getHeader(HttpHeaders.TRANSFER_ENCODING) != null
                || request.version() == HttpVersion.HTTP_2 && WITH_BODY.contains(request.method());
        return mayHaveBody && !request.isEnded() ? -1 : 0;
    }

    private void gather(RoutingContext context, long length) {
        if (gathering.addAndGet(length) > gatheredTogether) {
            gathering.addAndGet(-length);
            refuse(context, Overload.Of.BODIES, "as many bodies as may are being read");
            return;
        }
        var request = context.request();
        var body = Buffer.buffer((int) length);
        var timer =
                context.vertx().setTimer(readMillis, late -> context.response().reset());
        var over = new AtomicBoolean();
        Runnable end = () -> {
            if (!over.getAndSet(true)) {
                context.vertx().cancelTimer(timer);
                gathering.addAndGet(-length);
            }
        };
        Holdings.current(context).add(end); // also if the client goes
        request.handler(part -> {
            body.appendBuffer(part);
            if (body.length() >= length && !over.get()) {
                end.run();
                // paused before its end is told: the framework can't take over a request that has ended
                request.pause();
                ((RoutingContextInternal) context).setBody(body);
                enter(context);
            }
        });
        request.resume();
    }

    private void enter(RoutingContext context) {
        if (!requests.tryAcquire()) {
            refuse(context, Overload.Of.REQUESTS, "as many requests as may are being worked on");
            return;
        }
        context.put(SLOT, Holdings.current(context).add(requests::release));
        context.next();
    }

    /** Answers here and now. What is left of the body is read and thrown away, so that a client that sends first sees the answer. */
    private void refuse(RoutingContext context, Overload.Of limit, String detail) {
        overload.refused(limit);
        answers.send(
                context,
                Problems.document(
                        ProblemCode.UNAVAILABLE,
                        detail + "; try again later",
                        context.request().path(),
                        ErrorContext.NONE));
        context.request().resume();
    }
}
