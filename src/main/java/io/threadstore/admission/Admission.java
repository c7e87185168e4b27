package io.threadstore.admission;

import io.threadstore.identity.Identity;
import io.threadstore.platform.limits.Limiters.Limit;
import java.util.List;

/**
 * What a request is admitted to.
 *
 * @param caller whose limits apply
 * @param permits one permit of each is held until the request ends; acquired in this order
 * @param memory bytes of the heap that the operation needs, besides its body: held from when it begins until the
 *     request ends
 * @param body how the body is read
 * @param work the limit on requests that are worked on: acquired after a gathered body has arrived
 */
public record Admission(Identity caller, List<Limit> permits, long memory, Body body, Limit work) {

    public Admission {
        permits = List.copyOf(permits);
    }

    /** How a body is read. */
    public sealed interface Body {

        /** There is none. */
        record None() implements Body {}

        /**
         * It is gathered on the event loop before the request goes on.
         *
         * @param length in bytes, as announced; -1 means until the request ends
         * @param max in bytes; a longer one is rejected
         * @param cost how many bytes of memory each of its bytes takes until the request ends
         */
        record Gathered(long length, long max, int cost) implements Body {}

        /** The operation reads it, on a thread of its own. */
        record Streamed() implements Body {}
    }
}
