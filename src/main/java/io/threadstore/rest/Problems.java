package io.threadstore.rest;

import io.threadstore.error.ErrorContext;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.identity.Scope;
import io.threadstore.platform.Conflicts;
import io.threadstore.platform.DatabaseFailures;
import jakarta.inject.Singleton;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jspecify.annotations.Nullable;

/** Every failure becomes a problem document here, and is logged here, once. */
@Singleton
class Problems {

    static final String MEDIA_TYPE = "application/problem+json";

    private static final Logger LOG = Logger.getLogger(Problems.class);

    /** How long a caller should wait before it asks again, in seconds. */
    static final String RETRY_AFTER_SECONDS = "1";

    private final Conflicts conflicts;

    Problems(Conflicts conflicts) {
        this.conflicts = conflicts;
    }

    @ServerExceptionMapper
    Response map(ThreadStoreException failure, UriInfo uri, ContainerRequestContext request) {
        var code = ProblemCode.of(failure.kind());
        if (failure.kind() == ErrorKind.INTERNAL) {
            LOG.errorf(failure, "request failed: path=%s", rawPath(uri));
        }
        conflicts.count(failure.kind());
        var response = response(code, failure.getMessage(), uri, failure.context());
        return response.build();
    }

    /** What a caller would have to bring (RFC 6750, 3). */
    static String challenge(ErrorKind kind, @Nullable String authorization, @Nullable Scope needed) {
        var challenge = "Bearer realm=\"threadstore\"";
        if (kind == ErrorKind.FORBIDDEN && needed != null) {
            return challenge + ", error=\"insufficient_scope\", scope=\"" + needed.word() + "\"";
        }
        return authorization == null ? challenge : challenge + ", error=\"invalid_token\"";
    }

    /** What the framework rejects: the caller has been authenticated by then, where the path is below {@code /v1}. */
    @ServerExceptionMapper
    Response map(WebApplicationException failure, UriInfo uri) {
        return refusal(failure, uri);
    }

    private static Response refusal(WebApplicationException failure, UriInfo uri) {
        var code = ProblemCode.ofStatus(failure.getResponse().getStatus());
        var response = response(code, detail(code, uri), uri, ErrorContext.NONE);
        if (code == ProblemCode.METHOD_NOT_ALLOWED) {
            Operations.allowed(uri.getPath()).ifPresent(allowed -> response.header(HttpHeaders.ALLOW, allowed));
        }
        return response.build();
    }

    @ServerExceptionMapper
    Response map(Throwable failure, UriInfo uri, ContainerRequestContext request) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ThreadStoreException ours) {
                return map(ours, uri, request);
            }
        }
        return response(unexpected(failure, rawPath(uri))).build();
    }

    /** What is answered to any failure. It is logged here, unless it is one of the store's own. */
    static ProblemResponse unexpected(Throwable failure, String rawPath) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ThreadStoreException ours) {
                return document(ProblemCode.of(ours.kind()), ours.getMessage(), rawPath, ours.context());
            }
        }
        if (DatabaseFailures.isUnavailable(failure)) {
            LOG.warnf("the database is away or busy: path=%s reason=%s", rawPath, DatabaseFailures.reason(failure));
            var detail = DatabaseFailures.explanation(failure)
                    + "; the outcome of a write is unknown, and trying it again with expected_ordinal is safe";
            return document(ProblemCode.UNAVAILABLE, detail, rawPath, ErrorContext.NONE);
        }
        LOG.errorf(failure, "request failed: path=%s", rawPath);
        return document(
                ProblemCode.INTERNAL, "the request failed; the service's log says why", rawPath, ErrorContext.NONE);
    }

    private static @Nullable String detail(ProblemCode code, UriInfo uri) {
        return switch (code) {
            case NOT_FOUND -> "there is nothing at " + uri.getPath();
            case METHOD_NOT_ALLOWED -> "this path does not take that method";
            case NOT_ACCEPTABLE -> "nothing that Accept allows can be sent";
            case UNSUPPORTED_MEDIA_TYPE -> "the body's Content-Type or Content-Encoding is not taken here";
            default -> null;
        };
    }

    private static Response.ResponseBuilder response(
            ProblemCode code, @Nullable String detail, UriInfo uri, ErrorContext context) {
        return response(document(code, detail, rawPath(uri), context));
    }

    private static Response.ResponseBuilder response(ProblemResponse problem) {
        var response = Response.status(problem.status()).type(MEDIA_TYPE).entity(problem);
        if (isWorthTryingAgain(problem.code())) {
            response.header(HttpHeaders.RETRY_AFTER, RETRY_AFTER_SECONDS);
        }
        return response;
    }

    /** Whether the answer says when to ask again. */
    static boolean isWorthTryingAgain(ProblemCode code) {
        return code == ProblemCode.UNAVAILABLE || code == ProblemCode.TOO_MANY_REQUESTS;
    }

    /** The path as it was sent: percent-encoded, so that no line break in it ends a line of the log. */
    private static String rawPath(UriInfo uri) {
        return uri.getRequestUri().getRawPath();
    }

    static ProblemResponse document(
            ProblemCode code, @Nullable String detail, @Nullable String path, ErrorContext context) {
        UUID threadId = context.threadId();
        return new ProblemResponse(
                code.type(),
                code.title(),
                code.status(),
                detail,
                path,
                code,
                threadId,
                context.nextOrdinal(),
                context.expectedOrdinal(),
                context.epoch(),
                context.expiresAt(),
                context.line(),
                context.errors().isEmpty()
                        ? null
                        : context.errors().stream()
                                .map(ProblemResponse.Fault::of)
                                .toList());
    }
}
