package io.threadstore.rest;

import io.threadstore.admission.Admission;
import io.threadstore.admission.Admission.Body;
import io.threadstore.admission.AdmittedRequest;
import io.threadstore.admission.Transport;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.identity.AuditLog;
import io.threadstore.identity.Doorman;
import io.threadstore.identity.Identity;
import io.threadstore.platform.Conflicts;
import io.threadstore.platform.limits.Limiters.Limit;
import io.threadstore.rest.Operations.Operation;
import io.threadstore.rest.Operations.Work;
import io.threadstore.thread.ThreadId;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.impl.RoutingContextInternal;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How REST requests are admitted. A path in another than its canonical form is rejected first; everything below {@code
 * /v1} needs a valid token.
 */
@ApplicationScoped
class RestAdmission implements Transport {

    private static final String API = "/v1";
    private static final String IDENTITY = "threadstore.identity";
    private static final Set<HttpMethod> WITH_BODY = Set.of(HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH);

    /** Bodies up to this length, in bytes, are gathered before their requests go on. */
    private static final int SMALL_BODY = 64 * 1024;

    /** What a request holds for each byte of its body while it is read, parsed and sent to the database. */
    static final int BODY_COST = 3;

    private final Doorman doorman;
    private final EarlyAnswers answers;
    private final AuditLog audit;
    private final Conflicts conflicts;

    RestAdmission(Doorman doorman, EarlyAnswers answers, AuditLog audit, Conflicts conflicts) {
        this.doorman = doorman;
        this.answers = answers;
        this.audit = audit;
        this.conflicts = conflicts;
    }

    @Override
    public boolean accepts(RoutingContext context) {
        var path = context.request().path();
        if (path == null) {
            return false; // it leads to nothing
        }
        // OPTIONS of an operation's path reaches no operation, and a browser sends no token with it
        return path.startsWith(API)
                        && (context.request().method() != HttpMethod.OPTIONS
                                || Operations.allowed(path).isEmpty())
                || !CanonicalPath.is(path);
    }

    @Override
    public Admission admit(RoutingContext context) {
        var request = context.request();
        if (!CanonicalPath.is(request.path())) {
            throw ThreadStoreException.of(
                    ErrorKind.INVALID_REQUEST,
                    "the path is not in its canonical form: no ';', '\\', empty or dot segments, and no needless"
                            + " percent-encoding");
        }
        var operation = operation(request);
        var identity = doorman.identify(authorization(request));
        context.put(IDENTITY, identity);
        operation.ifPresent(found -> identity.require(found.scope()));
        return operation
                .map(found -> admission(identity, found, request))
                .orElseGet(() -> new Admission(identity, List.of(), 0, new Body.None(), Limit.REQUESTS));
    }

    private static Admission admission(Identity identity, Operation operation, HttpServerRequest request) {
        var permits = new ArrayList<Limit>();
        var body = body(operation, request);
        if (body instanceof Body.Streamed && operation.work() != Work.IMPORT) {
            permits.add(Limit.BODIES);
        }
        switch (operation.work()) {
            case STREAM -> permits.add(Limit.STREAMS);
            case IMPORT -> permits.add(Limit.IMPORTS);
            case VERIFICATION -> permits.add(Limit.VERIFICATIONS);
            case LIST -> {
                if (has(request, "search=")) {
                    permits.add(Limit.SEARCHES);
                }
            }
            case SHORT -> {
                if (has(request, "include_history=true")) {
                    permits.add(Limit.STREAMS);
                }
            }
        }
        return new Admission(identity, permits, operation.memory(), body, Limit.REQUESTS);
    }

    private static boolean has(HttpServerRequest request, String parameter) {
        return request.query() != null && request.query().contains(parameter);
    }

    private static Body body(Operation operation, HttpServerRequest request) {
        var length = bodyLength(request);
        if (length == 0 || length < 0 && request.version() == HttpVersion.HTTP_2 && !operation.takesBody()) {
            return new Body.None();
        }
        return length > 0 && length <= SMALL_BODY && operation.work() != Work.IMPORT
                ? new Body.Gathered(length, SMALL_BODY, BODY_COST)
                : new Body.Streamed();
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

    private static Optional<Operation> operation(HttpServerRequest request) {
        return Operations.find(request.method().name(), request.path());
    }

    /** The one header; of two it is unknown which one a gateway has added. */
    private static @Nullable String authorization(HttpServerRequest request) {
        var all = request.headers().getAll(HttpHeaders.AUTHORIZATION);
        if (all.size() > 1) {
            throw ThreadStoreException.of(ErrorKind.UNAUTHENTICATED, "the request has more than one token");
        }
        return all.isEmpty() ? null : all.get(0);
    }

    @Override
    public void proceed(RoutingContext context, AdmittedRequest request) {
        var body = request.body();
        if (body != null) {
            ((RoutingContextInternal) context).setBody(body);
        }
        context.next();
    }

    @Override
    public void reject(RoutingContext context, ThreadStoreException rejection) {
        conflicts.count(rejection.kind());
        var path = context.request().path();
        var problem = Problems.document(
                ProblemCode.of(rejection.kind()),
                rejection.getMessage(),
                CanonicalPath.is(path) ? path : null,
                rejection.context());
        var operation = operation(context.request());
        if (rejection.kind() == ErrorKind.UNAUTHENTICATED || rejection.kind() == ErrorKind.FORBIDDEN) {
            context.response()
                    .putHeader(
                            "WWW-Authenticate",
                            Problems.challenge(
                                    rejection.kind(),
                                    context.request().getHeader(HttpHeaders.AUTHORIZATION),
                                    operation.map(Operation::scope).orElse(null)));
            Identity identity = context.get(IDENTITY);
            var threadId = operation
                    .map(found -> found.threadId(path))
                    .flatMap(ThreadId::tryParse)
                    .map(ThreadId::toString)
                    .orElse(null);
            audit.record(
                    AuditTrail.entry(
                            operation.map(Operation::operationId).orElse(null), threadId, problem.status(), context),
                    identity == null ? null : identity.caller());
        }
        answers.send(context, problem);
    }
}
