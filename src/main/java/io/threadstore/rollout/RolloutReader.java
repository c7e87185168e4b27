package io.threadstore.rollout;

import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.thread.StoredThread;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.util.List;

/**
 * Reads a thread's history in pages, each in a transaction of its own, so that no reader holds a connection while its client
 * is slow. The thread comes from a look-up that checked who may see it.
 */
@ApplicationScoped
public class RolloutReader {

    /** How many items and bytes of text a page of a streamed history holds at the most, but at least one item. */
    static final int PAGE_ITEMS = 1000;

    static final long PAGE_BYTES = 1024 * 1024;

    /** How many bytes of text a listed page holds at the most, but at least one item. */
    private static final long LIST_BYTES = 8 * 1024 * 1024;

    private final RolloutItemRepository repository;

    RolloutReader(RolloutItemRepository repository) {
        this.repository = repository;
    }

    /** One page of a list of items; it ends at the query's limit or at 8 MiB of text. */
    @Transactional
    public ItemPage list(StoredThread thread, ItemQuery query) {
        var window = new Window(thread.key(), query.after(), query.before(), query.types(), query.ascending());
        var slice = repository.slice(window, query.limit(), LIST_BYTES);
        return new ItemPage(slice.items(), slice.more());
    }

    /**
     * The next page of a whole history, up to the ordinal that was the thread's next when its reading began.
     *
     * @param from the ordinal to go on from
     * @return at least one item, unless {@code from} is the end
     * @throws ThreadStoreException {@link ErrorKind#THREAD_NOT_FOUND} if the thread was deleted meanwhile
     */
    @Transactional
    public ItemPage readOn(StoredThread thread, long from) {
        if (from >= thread.nextOrdinal()) {
            return new ItemPage(List.of(), false);
        }
        var slice = repository.slice(Window.of(thread.key(), from, thread.nextOrdinal()), PAGE_ITEMS, PAGE_BYTES);
        if (slice.items().isEmpty()) {
            throw ThreadStoreException.threadNotFound(thread.threadId().value());
        }
        return new ItemPage(slice.items(), slice.more());
    }
}
