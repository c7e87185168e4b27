package io.threadstore.lifecycle;

import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.thread.LockedThread;
import io.threadstore.thread.StoredThread;
import java.util.function.Predicate;

/**
 * What a caller asks of a thread before changing it.
 *
 * @param accepts whether the thread, as it is, may be changed
 */
public record Preconditions(Predicate<StoredThread> accepts) {

    /** No condition. */
    public static final Preconditions NONE = new Preconditions(thread -> true);

    /** @throws ThreadStoreException {@link ErrorKind#PRECONDITION_FAILED} */
    void check(LockedThread thread) {
        if (!accepts.test(thread.toStored())) {
            throw ThreadStoreException.preconditionFailed(thread.threadId().value());
        }
    }
}
