package io.threadstore.rollout;

import java.util.List;

/**
 * Which items of a thread to list.
 *
 * @param after ordinals are greater than this; -1 for all
 * @param before ordinals are less than this
 * @param limit how many at most, from 1
 * @param ascending whether the lowest ordinal comes first
 * @param types keep items of these types; empty keeps all
 */
public record ItemQuery(long after, long before, int limit, boolean ascending, List<String> types) {

    public ItemQuery {
        types = List.copyOf(types);
    }
}
