package io.threadstore.rollout;

import io.agroal.api.AgroalDataSource;
import io.threadstore.thread.StoredThread;
import jakarta.enterprise.context.ApplicationScoped;

/**
 * Reads a thread's history in pages, so that no reader holds a connection while its client is slow. The thread comes from a look-up that checked who may see it.
 */
@ApplicationScoped
public class RolloutReader {

    /** How many bytes of text a listed page holds at the most, but at least one item. */
    private static final long LIST_BYTES = 8 * 1024 * 1024;

    private final RolloutItemRepository repository;
    private final AgroalDataSource dataSource;

    RolloutReader(RolloutItemRepository repository, AgroalDataSource dataSource) {
        this.repository = repository;
        this.dataSource = dataSource;
    }

    /** One page of a list of items; it ends at the query's limit or at 8 MiB of text. */
    public ItemPage list(StoredThread thread, ItemQuery query) {
        var window = new Window(thread.key(), query.after(), query.before(), query.types(), query.ascending());
        var slice = repository.slice(window, query.limit(), LIST_BYTES);
        return new ItemPage(slice.items(), slice.more());
    }

    /** The whole history, up to the ordinal that was the thread's next when it was looked up, page by page. */
    public HistoryPages pages(StoredThread thread) {
        return pages(thread, 0, thread.nextOrdinal(), true);
    }

    /** The items from one ordinal on to before another, page by page, in the caller's transaction. */
    HistoryPages pagesInTransaction(StoredThread thread, long from, long end) {
        return pages(thread, from, end, false);
    }

    private HistoryPages pages(StoredThread thread, long from, long end, boolean isStreamed) {
        var typicalBytes = thread.byteCount() / Math.max(1, thread.itemCount());
        return new HistoryPages(dataSource, thread.threadId(), thread.key(), from, end, typicalBytes, isStreamed);
    }
}
