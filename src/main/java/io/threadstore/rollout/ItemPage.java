package io.threadstore.rollout;

import java.util.List;

/**
 * Some items of a thread, in the order asked for.
 *
 * @param hasMore whether further items belong to the same query
 */
public record ItemPage(List<StoredItem> items, boolean hasMore) {

    public ItemPage {
        items = List.copyOf(items);
    }
}
