package io.threadstore.rollout;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One page of a list of items, of which the places and lengths are known and no text has been read. The texts come from
 * {@link RolloutReader#items}. Items never change, so both agree.
 */
public final class ItemPage {

    private final Window window;
    private final long[] ordinals;
    private final int[] lengths;
    private final @Nullable Long next;
    private final long bytes;

    /**
     * @param window where the items of the page are
     * @param ordinals the items' places, in the order asked for
     * @param lengths the lengths of their texts in bytes
     */
    ItemPage(Window window, long[] ordinals, int[] lengths, @Nullable Long next) {
        this.window = window;
        this.ordinals = ordinals;
        this.lengths = lengths;
        this.next = next;
        this.bytes = Arrays.stream(lengths).asLongStream().sum();
    }

    /** How many items it has. */
    public int count() {
        return ordinals.length;
    }

    /** The length of all texts together, in bytes: at most 8 MiB, or one item. */
    public long bytes() {
        return bytes;
    }

    /**
     * Where the query goes on: the value for {@code after}, or for {@code before} in descending order. Null if no
     * further items belong to it.
     */
    public @Nullable Long next() {
        return next;
    }

    Window window() {
        return window;
    }

    long ordinal(int index) {
        return ordinals[index];
    }

    int length(int index) {
        return lengths[index];
    }

    /** Whether further items may belong to the same query. */
    public boolean hasMore() {
        return next != null;
    }
}
