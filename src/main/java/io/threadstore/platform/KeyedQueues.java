package io.threadstore.platform;

import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A fair lock for each key, with bounded waiting. A key takes memory only while somebody uses it. */
final class KeyedQueues {

    private final ConcurrentMap<Object, Queue> queues = new ConcurrentHashMap<>();
    private final int maxWaiting;

    /** @param maxWaiting how many callers of one key may wait at once */
    KeyedQueues(int maxWaiting) {
        this.maxWaiting = maxWaiting;
    }

    /**
     * Does the work alone among all work with an equal key. A caller that is inside already enters again at once.
     *
     * @param timeout how long to wait at most
     * @param what the key names, in a word for people
     * @throws ThreadStoreException {@link ErrorKind#UNAVAILABLE} if the wait is too long, or too many wait
     */
    <T> T run(Object key, Duration timeout, String what, Callable<T> work) throws Exception {
        var queue = queues.compute(key, (same, known) -> (known == null ? new Queue() : known).entered());
        try {
            if (queue.users > maxWaiting + 1 && !queue.lock.isHeldByCurrentThread()) {
                throw unavailable("too many requests wait for this " + what);
            }
            if (!queue.lock.tryLock(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
                throw unavailable("the " + what + " is locked by another request");
            }
            try {
                return work.call();
            } finally {
                queue.lock.unlock();
            }
        } finally {
            queues.compute(key, (same, known) -> queue.left());
        }
    }

    private static ThreadStoreException unavailable(String message) {
        return ThreadStoreException.of(ErrorKind.UNAVAILABLE, message + "; nothing was done, retry later");
    }

    /** How many keys are in use. */
    int size() {
        return queues.size();
    }

    /** Those of one key. The number of users changes only while the map holds the key. */
    private static final class Queue {

        private final ReentrantLock lock = new ReentrantLock(true);
        private volatile int users;

        Queue entered() {
            users = users + 1;
            return this;
        }

        @Nullable
        Queue left() {
            users = users - 1;
            return users == 0 ? null : this;
        }
    }
}
