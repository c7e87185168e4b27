package io.threadstore.rest;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.threadstore.admission.AdmittedRequest;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.identity.AuditLog;
import io.threadstore.identity.Identity;
import io.threadstore.identity.Scope;
import io.threadstore.platform.Caller;
import io.threadstore.rollout.AppendItems;
import io.threadstore.rollout.AppendResult;
import io.threadstore.rollout.RolloutService;
import io.threadstore.thread.ThreadId;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Answers most appends on the event loop: small ones, that are right in every respect, of callers who are known already. They wait
 * for their group's commit in no thread, which is half of what an append costs. It refuses nothing: whatever it does not answer goes on to
 * {@link ItemsResource}, as if it had not been here (docs/adr/0009-appends-share-commits.md).
 */
@ApplicationScoped
class QuickAppends {

    /** After the framework's own filters, such as CORS. */
    private static final int LAST = 1;

    private static final Pattern PATH = Pattern.compile("/v1/threads/([0-9a-f-]{36})/items");
    private static final int OK = 200;
    private static final String JSON = "application/json";
    private static final String ANSWER_TYPE = "application/json;charset=UTF-8";

    /** Headers that ask for more than an append. */
    private static final List<String> OUT_OF_THE_ORDINARY =
            List.of("Content-Encoding", "If-Match", "If-None-Match", IdempotentRequests.KEY);

    private final RolloutService rollouts;
    private final AppendBody bodies;
    private final AuditLog audit;
    private final EarlyAnswers answers;

    QuickAppends(RolloutService rollouts, AppendBody bodies, AuditLog audit, EarlyAnswers answers) {
        this.rollouts = rollouts;
        this.bodies = bodies;
        this.audit = audit;
        this.answers = answers;
    }

    void register(@Observes Filters filters) {
        filters.register(this::offer, LAST);
    }

    private void offer(RoutingContext context) {
        var append = read(context);
        if (append == null) {
            context.next();
            return;
        }
        var request = AdmittedRequest.of(context);
        if (!request.beginWork()) {
            return; // the client has disconnected
        }
        var loop = Vertx.currentContext();
        offer(append, request)
                .whenComplete((result, failure) -> loop.runOnContext(now -> {
                    request.endWork();
                    try {
                        if (failure != null) {
                            fail(context, append, failure);
                        } else if (result.isPresent()) {
                            answer(context, append, result.get());
                        } else {
                            context.next();
                        }
                    } catch (RuntimeException | Error e) { // the router can't see it, and the request would never end
                        context.fail(e);
                    }
                }));
    }

    private CompletionStage<Optional<AppendResult>> offer(Append append, AdmittedRequest request) {
        try {
            return rollouts.offer(append.caller().tenant(), append.threadId(), append.epoch(), append.items());
        } catch (Throwable e) {
            request.endWork();
            throw e;
        }
    }

    /** The append that the request is; null if there is anything about it that is not to be settled here. */
    private @Nullable Append read(RoutingContext context) {
        var request = context.request();
        var body = request.method() == HttpMethod.POST && request.query() == null
                ? context.body().buffer()
                : null;
        var path = body == null ? null : PATH.matcher(request.path());
        if (path == null || !path.matches() || !isOrdinary(request) || audit.wouldBlock()) {
            return null;
        }
        var caller = AdmittedRequest.find(context)
                .map(AdmittedRequest::caller)
                .filter(identity -> identity.scopes().contains(Scope.WRITE))
                .map(Identity::caller);
        var threadId = ThreadId.tryParse(path.group(1));
        if (caller.isEmpty() || threadId.isEmpty()) {
            return null;
        }
        try {
            var epoch = Parameters.optionalCount(
                    WritersResource.WRITER_EPOCH, request.getHeader(WritersResource.WRITER_EPOCH));
            var items = bodies.readJson(body.getBytes(), null);
            return new Append(caller.get(), threadId.get(), epoch, items);
        } catch (ThreadStoreException e) {
            return null;
        }
    }

    private static boolean isOrdinary(HttpServerRequest request) {
        var headers = request.headers();
        var accept = headers.get(HttpHeaders.ACCEPT);
        return JSON.equals(headers.get(HttpHeaders.CONTENT_TYPE))
                && (accept == null || accept.equals("*/*") || accept.equals(JSON))
                && headers.getAll(HttpHeaders.ACCEPT).size() <= 1
                && headers.getAll(WritersResource.WRITER_EPOCH).size() <= 1
                && headers.getAll(HttpHeaders.AUTHORIZATION).size() <= 1
                && OUT_OF_THE_ORDINARY.stream().noneMatch(headers::contains);
    }

    private void answer(RoutingContext context, Append append, AppendResult result) {
        record(context, append, OK);
        answers.send(context, OK, ANSWER_TYPE, Responses.Append.of(result));
    }

    /** A commit that was not answered. */
    private void fail(RoutingContext context, Append append, Throwable failure) {
        var problem = Problems.unexpected(failure, context.request().path());
        record(context, append, problem.status());
        answers.send(context, problem);
    }

    private void record(RoutingContext context, Append append, int status) {
        audit.record(AuditTrail.entry("appendItems", append.threadId().toString(), status, context), append.caller());
    }

    private record Append(
            Caller caller, ThreadId threadId, @Nullable Long epoch, AppendItems items) {}
}
