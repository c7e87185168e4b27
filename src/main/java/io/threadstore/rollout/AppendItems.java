package io.threadstore.rollout;

import io.threadstore.thread.PersistenceMode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Items to append, all or none.
 *
 * @param items in order; may be empty
 * @param expectedOrdinal the ordinal that the first kept item is to take: makes the append exactly-once. Null appends at the
 *     end, wherever that is
 */
public record AppendItems(List<RolloutItem> items, @Nullable Long expectedOrdinal) {

    public AppendItems {
        items = List.copyOf(items);
    }

    /** Whether it can change nothing, whichever mode its writer has: no item is kept, and none teaches the summary. */
    public boolean leavesNoTrace() {
        return items.stream()
                .noneMatch(item ->
                        PersistencePolicy.keeps(PersistenceMode.EXTENDED, item) || ThreadSummarizer.teaches(item));
    }
}
