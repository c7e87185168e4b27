package io.threadstore.error;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A failure of the store, with the values that explain it. The message is for people and never holds class names, SQL or
 * contents of items.
 */
public final class ThreadStoreException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** How many faulty places of one request are told. */
    private static final int MAX_ERRORS = 20;

    private final ErrorKind kind;
    private final transient ErrorContext context;

    private ThreadStoreException(ErrorKind kind, String message, ErrorContext context, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.context = context;
    }

    public ErrorKind kind() {
        return kind;
    }

    public ErrorContext context() {
        return context;
    }

    /** A failure that needs no more than words. */
    public static ThreadStoreException of(ErrorKind kind, String message) {
        return new ThreadStoreException(kind, message, ErrorContext.NONE, null);
    }

    /** A failure that another one caused, which is logged but not shown to callers. */
    public static ThreadStoreException of(ErrorKind kind, String message, Throwable cause) {
        return new ThreadStoreException(kind, message, ErrorContext.NONE, cause);
    }

    /** A request that is wrong at one named place. */
    public static ThreadStoreException invalid(String field, String message) {
        return invalid(List.of(new FieldError(field, message)));
    }

    /** A request that is wrong at the named places; at least one. */
    public static ThreadStoreException invalid(List<FieldError> errors) {
        var shown = errors.subList(0, Math.min(MAX_ERRORS, errors.size()));
        var message = shown.stream()
                .map(error -> error.field() + ": " + error.message())
                .collect(Collectors.joining("; "));
        return new ThreadStoreException(ErrorKind.INVALID_REQUEST, message, ErrorContext.NONE.withErrors(shown), null);
    }

    public static ThreadStoreException threadNotFound(UUID threadId) {
        return aboutThread(ErrorKind.THREAD_NOT_FOUND, threadId, "thread " + threadId + " not found");
    }

    public static ThreadStoreException writerNotFound(UUID threadId) {
        return aboutThread(ErrorKind.WRITER_NOT_FOUND, threadId, "thread " + threadId + " has no live writer");
    }

    public static ThreadStoreException threadNotLive(UUID threadId) {
        return aboutThread(
                ErrorKind.THREAD_NOT_LIVE, threadId, "thread " + threadId + " has no live writer; open one to append");
    }

    public static ThreadStoreException threadExists(UUID threadId) {
        return aboutThread(ErrorKind.THREAD_EXISTS, threadId, "thread " + threadId + " exists already");
    }

    public static ThreadStoreException alreadyLive(UUID threadId, long epoch, Instant expiresAt) {
        return new ThreadStoreException(
                ErrorKind.THREAD_ALREADY_LIVE,
                "thread " + threadId + " has a live writer already",
                ErrorContext.NONE.withThreadId(threadId).withWriter(epoch, expiresAt),
                null);
    }

    public static ThreadStoreException fenced(UUID threadId, long statedEpoch, long currentEpoch, Instant expiresAt) {
        return new ThreadStoreException(
                ErrorKind.WRITER_FENCED,
                "writer epoch %d of thread %s is not the current one (%d)"
                        .formatted(statedEpoch, threadId, currentEpoch),
                ErrorContext.NONE.withThreadId(threadId).withWriter(currentEpoch, expiresAt),
                null);
    }

    public static ThreadStoreException ordinalConflict(UUID threadId, @Nullable Long expected, long next) {
        return ordinalConflict(
                threadId,
                expected,
                next,
                "other items are stored from ordinal %s on, or it lies ahead; the next ordinal is %d"
                        .formatted(expected, next));
    }

    public static ThreadStoreException ordinalConflict(
            UUID threadId, @Nullable Long expected, long next, String message) {
        return new ThreadStoreException(
                ErrorKind.ORDINAL_CONFLICT,
                message,
                ErrorContext.NONE.withThreadId(threadId).withOrdinals(expected, next),
                null);
    }

    public static ThreadStoreException preconditionFailed(UUID threadId) {
        return aboutThread(
                ErrorKind.PRECONDITION_FAILED, threadId, "thread " + threadId + " has changed since the stated ETag");
    }

    /**
     * Adds the number of the NDJSON line at which this failure was found.
     *
     * @param line from 1
     */
    public ThreadStoreException atLine(long line) {
        return new ThreadStoreException(kind, "line " + line + ": " + getMessage(), context.withLine(line), getCause());
    }

    /** Adds the thread that this failure is about. */
    public ThreadStoreException about(UUID threadId) {
        return new ThreadStoreException(kind, String.valueOf(getMessage()), context.withThreadId(threadId), getCause());
    }

    private static ThreadStoreException aboutThread(ErrorKind kind, UUID threadId, String message) {
        return new ThreadStoreException(kind, message, ErrorContext.NONE.withThreadId(threadId), null);
    }
}
