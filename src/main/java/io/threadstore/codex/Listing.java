package io.threadstore.codex;

import io.threadstore.codex.proto.ListThreadsRequest;
import io.threadstore.codex.proto.ListThreadsResponse;
import io.threadstore.codex.proto.SortDirection;
import io.threadstore.codex.proto.ThreadSortKey;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.page.Cursor;
import io.threadstore.page.Cursors;
import io.threadstore.platform.CurrentCaller;
import io.threadstore.thread.ThreadQuery;
import io.threadstore.thread.ThreadService;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lists as Codex wants them (Codex notes, 5): never a thread in which the user has not said anything, and continued by our own cursors or by
 * bare RFC 3339 times, which its app-server makes up for going backwards.
 */
@ApplicationScoped
class Listing {

    private static final int MAX_PAGE = 200;

    /** What a client takes in one message is 4 MiB; the rest is room for the cursor. */
    private static final int MAX_BYTES = 4 * 1024 * 1024 - 4096;

    /** Around each thread in the message: a tag, and a length of at most four bytes. */
    private static final int ENTRY_BYTES = 5;

    /** The other form of times that Codex takes for a cursor. */
    private static final DateTimeFormatter FILE_TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH-mm-ss");

    private final ThreadService lookUp;
    private final Threads threads;
    private final CurrentCaller caller;
    private final Cursors cursors;

    Listing(ThreadService lookUp, Threads threads, CurrentCaller caller, Cursors cursors) {
        this.lookUp = lookUp;
        this.threads = threads;
        this.caller = caller;
        this.cursors = cursors;
    }

    ListThreadsResponse list(ListThreadsRequest request) {
        if (request.hasCwdFilter() && request.getCwdFilter().getValuesCount() == 0) {
            return ListThreadsResponse.getDefaultInstance();
        }
        var query = query(request);
        var binding = query.binding(caller.get().tenant());
        var page = lookUp.list(query, cursor(request, query, binding));
        var response = ListThreadsResponse.newBuilder();
        var next = page.next();
        var bytes = 0;
        for (var thread : page.items()) {
            var written = threads.write(thread).build();
            bytes += written.getSerializedSize() + ENTRY_BYTES;
            if (bytes > MAX_BYTES) {
                next = query.positionOf(page.items().get(response.getThreadsCount() - 1));
                break;
            }
            response.addThreads(written);
        }
        if (next != null) {
            response.setNextCursor(cursors.encode(next, binding));
        }
        return response.build();
    }

    private static ThreadQuery query(ListThreadsRequest request) {
        if (ThreadQuery.isTooLongToSearch(request.getSearchTerm())) {
            throw Refusals.invalid("the search term is longer than " + ThreadQuery.SEARCH_LENGTH + " characters");
        }
        return new ThreadQuery(
                Math.max(1, (int) Math.min(MAX_PAGE, Integer.toUnsignedLong(request.getPageSize()))),
                request.getSortKey() == ThreadSortKey.THREAD_SORT_KEY_UPDATED_AT
                        ? ThreadQuery.Sort.UPDATED_AT
                        : ThreadQuery.Sort.CREATED_AT,
                request.getSortDirection() == SortDirection.SORT_DIRECTION_DESC,
                request.getArchived(),
                List.of(),
                request.getModelProviderFilter().getValuesList(),
                request.getCwdFilter().getValuesList(),
                null,
                null,
                null,
                request.getAllowedSourcesList().stream().map(Sources::read).toList(),
                request.getSearchTerm().isEmpty() ? null : request.getSearchTerm(),
                true);
    }

    private @Nullable Cursor cursor(ListThreadsRequest request, ThreadQuery query, String binding) {
        if (!request.hasCursor()) {
            return null;
        }
        var millis = millis(request.getCursor());
        return millis == null
                ? ownCursor(request.getCursor(), binding)
                // strictly older or newer than the time: no key lies beyond these
                : new Cursor(millis, query.descending() ? Long.MIN_VALUE : Long.MAX_VALUE);
    }

    /** A time in milliseconds; null if the text is none, or one that is beyond counting. */
    private static @Nullable Long millis(String text) {
        try {
            return OffsetDateTime.parse(text).toInstant().toEpochMilli();
        } catch (DateTimeException notRfc3339) {
            return fileMillis(text);
        } catch (ArithmeticException e) {
            return null;
        }
    }

    private static @Nullable Long fileMillis(String text) {
        try {
            return LocalDateTime.parse(text, FILE_TIME)
                    .toInstant(ZoneOffset.UTC)
                    .toEpochMilli();
        } catch (DateTimeException | ArithmeticException e) {
            return null;
        }
    }

    private Cursor ownCursor(String text, String binding) {
        try {
            return cursors.decode(text, binding);
        } catch (ThreadStoreException e) {
            throw Refusals.invalid("invalid cursor: " + text);
        }
    }
}
