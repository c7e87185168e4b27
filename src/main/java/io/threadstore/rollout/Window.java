package io.threadstore.rollout;

import java.util.List;
import org.hibernate.query.SelectionQuery;

/**
 * A range of a thread's items.
 *
 * @param after ordinals are greater than this
 * @param before ordinals are less than this
 * @param types keep items of these types; empty keeps all
 * @param ascending whether the lowest ordinal comes first
 */
record Window(long threadKey, long after, long before, List<String> types, boolean ascending) {

    String condition() {
        return "i.id.threadKey = :key and i.id.ordinal > :after and i.id.ordinal < :before"
                + (types.isEmpty() ? "" : " and i.type in :types");
    }

    String order() {
        return " order by i.id.ordinal" + (ascending ? "" : " desc");
    }

    <R> SelectionQuery<R> bind(SelectionQuery<R> query) {
        query.setParameter("key", threadKey).setParameter("after", after).setParameter("before", before);
        return types.isEmpty() ? query : query.setParameter("types", types);
    }

    /** The same window, up to and including the ordinal. */
    Window endingWith(long ordinal) {
        return ascending
                ? new Window(threadKey, after, ordinal + 1, types, true)
                : new Window(threadKey, ordinal - 1, before, types, false);
    }
}
