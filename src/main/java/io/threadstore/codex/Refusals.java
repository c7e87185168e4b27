package io.threadstore.codex;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.DatabaseFailures;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Failures as Codex understands them (Codex notes, 1.4 and 9.4): it shows some texts to its user verbatim and compares others, so that
 * a remote store answers just as its own local one does.
 */
final class Refusals {

    private static final Logger LOG = Logger.getLogger(Refusals.class);

    private Refusals() {}

    /** The status of any failure that its operation gives no meaning of its own. */
    static StatusRuntimeException of(Throwable failure) {
        if (failure instanceof StatusRuntimeException refusal) {
            return refusal;
        }
        var ours = find(failure);
        if (ours.isPresent()) {
            return of(ours.get());
        }
        if (DatabaseFailures.isUnavailable(failure)) {
            LOG.warnf("the database is away or busy: reason=%s", DatabaseFailures.reason(failure));
            return status(Status.UNAVAILABLE, "thread store: " + DatabaseFailures.explanation(failure));
        }
        LOG.error("a call failed", failure);
        return status(Status.INTERNAL, "the call failed; the thread store's log says why");
    }

    /** What kind of failure it is, if the store said so. */
    static Optional<ErrorKind> kindOf(Throwable failure) {
        return failure instanceof StatusRuntimeException
                ? Optional.empty()
                : find(failure).map(ThreadStoreException::kind);
    }

    private static Optional<ThreadStoreException> find(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ThreadStoreException ours) {
                return Optional.of(ours);
            }
        }
        return Optional.empty();
    }

    private static StatusRuntimeException of(ThreadStoreException failure) {
        if (failure.kind() == ErrorKind.INTERNAL) {
            LOG.error("a call failed", failure);
        }
        return status(statusOf(failure.kind()), String.valueOf(failure.getMessage()));
    }

    private static Status statusOf(ErrorKind kind) {
        return switch (kind) {
            case INVALID_REQUEST, SESSION_META_MISMATCH, IDEMPOTENCY_KEY_REUSED -> Status.INVALID_ARGUMENT;
            case THREAD_NOT_FOUND, WRITER_NOT_FOUND, THREAD_NOT_LIVE -> Status.NOT_FOUND;
            case THREAD_EXISTS, THREAD_ALREADY_LIVE -> Status.ALREADY_EXISTS;
            case WRITER_FENCED, ORDINAL_CONFLICT, PRECONDITION_FAILED -> Status.ABORTED;
            case REQUEST_TOO_LARGE, TOO_MANY_REQUESTS -> Status.RESOURCE_EXHAUSTED;
            case REQUEST_TIMEOUT -> Status.DEADLINE_EXCEEDED;
            case UNAUTHENTICATED -> Status.UNAUTHENTICATED;
            case FORBIDDEN -> Status.PERMISSION_DENIED;
            case UNSUPPORTED -> Status.UNIMPLEMENTED;
            case UNAVAILABLE -> Status.UNAVAILABLE;
            case INTERNAL -> Status.INTERNAL;
        };
    }

    /** Whether the caller may not, or there is no such thread for this caller; the local store's words for that are those of bad requests. */
    static boolean isRefusal(Status status) {
        return switch (status.getCode()) {
            case UNAUTHENTICATED, PERMISSION_DENIED, NOT_FOUND -> true;
            case INVALID_ARGUMENT -> String.valueOf(status.getDescription()).matches("no (archived )?rollout found .*");
            default -> false;
        };
    }

    static StatusRuntimeException invalid(String message) {
        return status(Status.INVALID_ARGUMENT, message);
    }

    /** Reading, forking, archiving what is not there, or not to be seen. */
    static StatusRuntimeException noRollout(Object threadId) {
        return invalid("no rollout found for thread id " + threadId);
    }

    /** Unarchiving what is not archived. */
    static StatusRuntimeException noArchivedRollout(Object threadId) {
        return invalid("no archived rollout found for thread id " + threadId);
    }

    /** The app-server turns a message that begins like this into its own "not materialized yet". */
    static StatusRuntimeException notMaterialized(Object threadId) {
        return invalid("failed to resolve rollout path `" + RolloutPath.of(threadId) + "`: thread " + threadId
                + " is not materialized yet");
    }

    static StatusRuntimeException archived(Object threadId) {
        return invalid("thread " + threadId + " is archived");
    }

    static StatusRuntimeException twoFields() {
        return invalid("local thread store applies one metadata field per patch in this slice");
    }

    static StatusRuntimeException status(Status status, String message) {
        return status.withDescription(message).asRuntimeException();
    }
}
