package io.threadstore.thread;

import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.page.Cursor;
import io.threadstore.page.Page;
import io.threadstore.platform.CurrentCaller;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Looks threads up: one by its id, or many as a list. Neither touches items. */
@ApplicationScoped
public class ThreadService {

    /** How many rows of the list's index range one request looks at, at the most, when filters drop some of them. */
    static final int ROWS_PER_REQUEST = 10_000;

    private final ThreadRows rows;
    private final ThreadRows.Repository repository;
    private final CurrentCaller caller;
    private final ThreadDefaults defaults;

    ThreadService(ThreadRows rows, ThreadRows.Repository repository, CurrentCaller caller, ThreadDefaults defaults) {
        this.rows = rows;
        this.repository = repository;
        this.caller = caller;
        this.defaults = defaults;
    }

    /**
     * A materialised thread.
     *
     * @param includeArchived whether an archived thread is found, too
     * @throws ThreadStoreException {@link ErrorKind#THREAD_NOT_FOUND}
     */
    @Transactional
    public StoredThread requireThread(ThreadId threadId, boolean includeArchived) {
        return rows.find(threadId)
                .filter(thread -> thread.state() == ThreadState.ACTIVE
                        || includeArchived && thread.state() == ThreadState.ARCHIVED)
                .orElseThrow(() -> ThreadStoreException.threadNotFound(threadId.value()));
    }

    /** A thread in any state, lazy ones included, for those who have to tell why it is not to be seen. */
    @Transactional
    public Optional<StoredThread> find(ThreadId threadId) {
        return rows.find(threadId);
    }

    /**
     * One page of materialised threads, by (time, creation). Without filters it costs as much as it shows. With filters it
     * looks at {@value #ROWS_PER_REQUEST} rows at the most, so that a page may come short, even empty, and still go on.
     *
     * @param after where the page before ended; null for the first page
     */
    @Transactional
    public Page<StoredThread> list(ThreadQuery query, @Nullable Cursor after) {
        var values = new HashMap<String, Object>();
        var range = range(query, after, values);
        var time = timeColumn(query);
        var direction = query.descending() ? " desc" : " asc";
        var order = time + direction + ", t.key" + direction;

        Cursor end = null;
        if (query.hasFilters()) {
            end = repository
                    .nth(time + ", t.key", range, order, values, ROWS_PER_REQUEST - 1)
                    .map(row -> new Cursor((Long) row[0], (Long) row[1]))
                    .orElse(null);
            if (end != null) {
                range += " and " + upTo(query, end, values);
            }
            range += filters(query, values);
        }
        var found = repository.page(range, order, values, query.limit() + 1);
        if (found.size() > query.limit()) {
            var page =
                    found.subList(0, query.limit()).stream().map(rows::toStored).toList();
            return new Page<>(page, query.positionOf(page.get(page.size() - 1)));
        }
        return new Page<>(found.stream().map(rows::toStored).toList(), end);
    }

    private String range(ThreadQuery query, @Nullable Cursor after, Map<String, Object> values) {
        values.put("tenant", caller.get().tenant());
        values.put("state", query.archived() ? ThreadState.ARCHIVED : ThreadState.ACTIVE);
        var range = "t.tenant = :tenant and t.state = :state";
        if (after == null) {
            return range;
        }
        // two ranges of the index, not a comparison of rows, which MariaDB does not turn into a range
        values.put("time", after.sortValue());
        values.put("key", after.key());
        var beyond = query.descending() ? "<" : ">";
        var time = timeColumn(query);
        return range + " and (%s %s :time or (%s = :time and t.key %s :key))".formatted(time, beyond, time, beyond);
    }

    private static String upTo(ThreadQuery query, Cursor end, Map<String, Object> values) {
        values.put("endTime", end.sortValue());
        values.put("endKey", end.key());
        var beyond = query.descending() ? ">" : "<";
        var time = timeColumn(query);
        return "(%s %s :endTime or (%s = :endTime and t.key %s= :endKey))".formatted(time, beyond, time, beyond);
    }

    private String filters(ThreadQuery query, Map<String, Object> values) {
        var filters = new ArrayList<String>();
        if (!query.sources().isEmpty()) {
            values.put("sources", query.sources());
            filters.add("t.summary.sourceKind in :sources");
        }
        if (!query.modelProviders().isEmpty()) {
            values.put("providers", query.modelProviders());
            values.put("defaultProvider", defaults.modelProvider());
            filters.add("coalesce(t.summary.modelProvider, :defaultProvider) in :providers");
        }
        if (!query.cwds().isEmpty()) {
            values.put("cwds", query.cwds());
            filters.add("t.summary.cwd in :cwds");
        }
        if (query.search() != null) {
            values.put("search", "%" + query.search().replaceAll("[!%_]", "!$0") + "%");
            filters.add("(lower(t.summary.name) like lower(:search) escape '!'"
                    + " or lower(t.summary.firstUserMessage) like lower(:search) escape '!')");
        }
        if (query.parentThreadId() != null) {
            values.put("parent", query.parentThreadId());
            filters.add("t.summary.parentThreadId = :parent");
        }
        if (query.forkedFromId() != null) {
            values.put("source", query.forkedFromId());
            filters.add("t.summary.forkedFromId = :source");
        }
        if (!query.exactSources().isEmpty()) {
            filters.add(exactSources(query.exactSources(), values));
        }
        if (query.title() != null) {
            values.put("title", query.title());
            filters.add("locate(:title, coalesce(t.summary.name, t.summary.firstUserMessage, '')) > 0");
        }
        if (query.withUserMessage()) {
            filters.add("t.summary.firstUserMessage is not null");
        }
        return " and " + String.join(" and ", filters);
    }

    private static String exactSources(List<SessionSource> sources, Map<String, Object> values) {
        var choices = new ArrayList<String>();
        for (var source : sources) {
            var number = choices.size();
            values.put("kind" + number, source.kind());
            var choice = "t.summary.sourceKind = :kind" + number;
            var label = source.custom() == null ? source.other() : source.custom();
            if (label != null) {
                values.put("label" + number, label);
                choice += " and t.summary.sourceLabel = :label" + number;
            }
            if (source.parentThreadId() != null) {
                values.put("parent" + number, source.parentThreadId());
                values.put("depth" + number, source.depth() == null ? 0 : source.depth());
                choice += " and t.summary.sourceParentId = :parent" + number + " and t.summary.sourceDepth = :depth"
                        + number;
            }
            choices.add("(" + choice + ")");
        }
        return "(" + String.join(" or ", choices) + ")";
    }

    private static String timeColumn(ThreadQuery query) {
        return switch (query.sort()) {
            case CREATED_AT -> "t.createdAt";
            case UPDATED_AT -> "t.updatedAt";
        };
    }
}
