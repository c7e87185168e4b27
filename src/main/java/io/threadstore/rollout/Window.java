package io.threadstore.rollout;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collections;
import java.util.List;

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
        return "thread_key = ? AND ordinal > ? AND ordinal < ?"
                + (types.isEmpty()
                        ? ""
                        : " AND type IN (" + String.join(", ", Collections.nCopies(types.size(), "?")) + ")");
    }

    String order() {
        return " ORDER BY ordinal" + (ascending ? "" : " DESC");
    }

    /** @return the number of the statement's next parameter */
    int bind(PreparedStatement select) throws SQLException {
        select.setLong(1, threadKey);
        select.setLong(2, after);
        select.setLong(3, before);
        var next = 4;
        for (var type : types) {
            select.setString(next++, type);
        }
        return next;
    }

    /** The part of this window from one of its items to another, both included, in its order. */
    Window between(long first, long last) {
        return new Window(threadKey, Math.min(first, last) - 1, Math.max(first, last) + 1, types, ascending);
    }

    /**
     * The first so many ordinals of the window, in its order.
     *
     * @param nextOrdinal the thread's; there are no items from it on
     */
    Window cutTo(int ordinals, long nextOrdinal) {
        var top = Math.min(before, nextOrdinal);
        if (top - after - 1 <= ordinals) {
            return this;
        }
        return ascending
                ? new Window(threadKey, after, after + ordinals + 1, types, true)
                : new Window(threadKey, top - ordinals - 1, before, types, false);
    }

    /** The last ordinal of the window, in its order. */
    long end() {
        return ascending ? before - 1 : after + 1;
    }
}
