package io.threadstore.error;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The values that explain a failure; each is null where it does not apply.
 *
 * @param threadId the thread in question
 * @param nextOrdinal the thread's next free ordinal, from which a caller can go on
 * @param expectedOrdinal the ordinal that the caller stated
 * @param epoch the epoch of the thread's current writer
 * @param expiresAt when that writer's lease ends
 * @param line the faulty line of an NDJSON body, from 1
 * @param errors the faulty places of the request
 */
public record ErrorContext(
        @Nullable UUID threadId,
        @Nullable Long nextOrdinal,
        @Nullable Long expectedOrdinal,
        @Nullable Long epoch,
        @Nullable Instant expiresAt,
        @Nullable Long line,
        List<FieldError> errors) {

    /** Nothing to explain. */
    public static final ErrorContext NONE = new ErrorContext(null, null, null, null, null, null, List.of());

    public ErrorContext {
        errors = List.copyOf(errors);
    }

    ErrorContext withThreadId(UUID id) {
        return new ErrorContext(id, nextOrdinal, expectedOrdinal, epoch, expiresAt, line, errors);
    }

    ErrorContext withOrdinals(@Nullable Long expected, long next) {
        return new ErrorContext(threadId, next, expected, epoch, expiresAt, line, errors);
    }

    ErrorContext withWriter(long currentEpoch, @Nullable Instant expires) {
        return new ErrorContext(threadId, nextOrdinal, expectedOrdinal, currentEpoch, expires, line, errors);
    }

    ErrorContext withLine(long number) {
        return new ErrorContext(threadId, nextOrdinal, expectedOrdinal, epoch, expiresAt, number, errors);
    }

    ErrorContext withErrors(List<FieldError> fieldErrors) {
        return new ErrorContext(threadId, nextOrdinal, expectedOrdinal, epoch, expiresAt, line, fieldErrors);
    }
}
