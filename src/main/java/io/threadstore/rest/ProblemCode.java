package io.threadstore.rest;

import com.fasterxml.jackson.annotation.JsonValue;
import io.threadstore.error.ErrorKind;
import java.net.URI;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What can go wrong, as HTTP says it: a status, a stable code and a short title. */
@Schema(name = "ProblemCode")
public enum ProblemCode {
    INVALID_REQUEST(400, "Invalid request"),
    SESSION_META_MISMATCH(400, "The file does not begin with this thread's session_meta"),
    UNAUTHENTICATED(401, "Not authenticated"),
    FORBIDDEN(403, "Not allowed"),
    NOT_FOUND(404, "No such path"),
    THREAD_NOT_FOUND(404, "Thread not found"),
    WRITER_NOT_FOUND(404, "No live writer"),
    METHOD_NOT_ALLOWED(405, "Method not allowed"),
    NOT_ACCEPTABLE(406, "Not acceptable"),
    REQUEST_TIMEOUT(408, "Request timeout"),
    THREAD_NOT_LIVE(409, "The thread is not live"),
    THREAD_EXISTS(409, "The thread exists"),
    THREAD_ALREADY_LIVE(409, "The thread is live already"),
    WRITER_FENCED(409, "The writer has been taken over"),
    ORDINAL_CONFLICT(409, "Other items are stored there"),
    PRECONDITION_FAILED(412, "The thread has changed"),
    REQUEST_TOO_LARGE(413, "Too large"),
    URI_TOO_LONG(414, "URI too long"),
    UNSUPPORTED_MEDIA_TYPE(415, "Unsupported media type"),
    IDEMPOTENCY_KEY_REUSED(422, "The key was used for another request"),
    TOO_MANY_REQUESTS(429, "Too many requests"),
    HEADERS_TOO_LARGE(431, "Headers too large"),
    INTERNAL(500, "Internal error"),
    UNSUPPORTED(501, "Not supported"),
    UNAVAILABLE(503, "Unavailable"),
    VERSION_NOT_SUPPORTED(505, "HTTP version not supported");

    private final int status;
    private final String title;

    ProblemCode(int status, String title) {
        this.status = status;
        this.title = title;
    }

    static ProblemCode of(ErrorKind kind) {
        return switch (kind) {
            case INVALID_REQUEST -> INVALID_REQUEST;
            case SESSION_META_MISMATCH -> SESSION_META_MISMATCH;
            case THREAD_NOT_FOUND -> THREAD_NOT_FOUND;
            case WRITER_NOT_FOUND -> WRITER_NOT_FOUND;
            case THREAD_NOT_LIVE -> THREAD_NOT_LIVE;
            case THREAD_EXISTS -> THREAD_EXISTS;
            case THREAD_ALREADY_LIVE -> THREAD_ALREADY_LIVE;
            case WRITER_FENCED -> WRITER_FENCED;
            case ORDINAL_CONFLICT -> ORDINAL_CONFLICT;
            case IDEMPOTENCY_KEY_REUSED -> IDEMPOTENCY_KEY_REUSED;
            case PRECONDITION_FAILED -> PRECONDITION_FAILED;
            case REQUEST_TOO_LARGE -> REQUEST_TOO_LARGE;
            case REQUEST_TIMEOUT -> REQUEST_TIMEOUT;
            case UNAUTHENTICATED -> UNAUTHENTICATED;
            case FORBIDDEN -> FORBIDDEN;
            case TOO_MANY_REQUESTS -> TOO_MANY_REQUESTS;
            case UNSUPPORTED -> UNSUPPORTED;
            case UNAVAILABLE -> UNAVAILABLE;
            case INTERNAL -> INTERNAL;
        };
    }

    /** The code that says the same as an HTTP status that the framework chose. */
    static ProblemCode ofStatus(int status) {
        return switch (status) {
            case 401 -> UNAUTHENTICATED;
            case 403 -> FORBIDDEN;
            case 404 -> NOT_FOUND;
            case 405 -> METHOD_NOT_ALLOWED;
            case 406 -> NOT_ACCEPTABLE;
            case 408 -> REQUEST_TIMEOUT;
            case 412 -> PRECONDITION_FAILED;
            case 413 -> REQUEST_TOO_LARGE;
            case 414 -> URI_TOO_LONG;
            case 415 -> UNSUPPORTED_MEDIA_TYPE;
            case 429 -> TOO_MANY_REQUESTS;
            case 431 -> HEADERS_TOO_LARGE;
            case 501 -> UNSUPPORTED;
            case 503 -> UNAVAILABLE;
            case 505 -> VERSION_NOT_SUPPORTED;
            default -> status < 500 ? INVALID_REQUEST : INTERNAL;
        };
    }

    int status() {
        return status;
    }

    String title() {
        return title;
    }

    @JsonValue
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    URI type() {
        return URI.create("urn:threadstore:problem:" + word().replace('_', '-'));
    }
}
