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

    /** How many items one request for types reads at most. */
    private static final int SCANNED_ITEMS = 10_000;

    private final RolloutItemRepository repository;
    private final AgroalDataSource dataSource;

    RolloutReader(RolloutItemRepository repository, AgroalDataSource dataSource) {
        this.repository = repository;
        this.dataSource = dataSource;
    }

    /**
     * Plans one page of a list of items; it ends at the query's limit or at 8 MiB of text, but not before the first
     * item. No text is read yet: {@link ItemPage#bytes} tells how much there will be. A query for types reads at most
     * {@value #SCANNED_ITEMS} items, so that its page may be short, even empty, and still go on.
     */
    public ItemPage list(StoredThread thread, ItemQuery query) {
        var all = new Window(thread.key(), query.after(), query.before(), query.types(), query.ascending());
        var window = query.types().isEmpty() ? all : all.cutTo(SCANNED_ITEMS, thread.nextOrdinal());
        return repository.page(window, query.limit(), LIST_BYTES, window.equals(all) ? null : window.end());
    }

    /** The items of a page that was planned, with about 256 KiB of text in memory at once, or one item. */
    public ItemSource items(StoredThread thread, ItemPage page) {
        return new ListedItems(dataSource, thread.threadId(), page);
    }

    /** The whole history, up to the ordinal that was the thread's next when it was looked up, page by page. */
    public HistoryPages pages(StoredThread thread) {
        return pages(thread, 0, thread.nextOrdinal());
    }

    /** The items from one ordinal on to before another, page by page. */
    HistoryPages pages(StoredThread thread, long from, long end) {
        return pages(thread, from, end, true);
    }

    /** The items from one ordinal on to before another, page by page, in the caller's transaction. */
    HistoryPages pagesInTransaction(StoredThread thread, long from, long end) {
        return pages(thread, from, end, false);
    }

    private HistoryPages pages(StoredThread thread, long from, long end, boolean isStreamed) {
        var typicalBytes = thread.byteCount() / Math.max(1, thread.itemCount());
        // items are only added, so those before the thread's next are what its count tells
        var maxBytes = end <= thread.nextOrdinal() ? thread.byteCount() : Long.MAX_VALUE;
        return new HistoryPages(
                dataSource, thread.threadId(), thread.key(), from, end, maxBytes, typicalBytes, isStreamed);
    }
}
