package io.threadstore.thread;

import io.agroal.api.AgroalDataSource;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.page.Cursor;
import io.threadstore.page.Page;
import io.threadstore.platform.QueryTimeouts;
import io.threadstore.platform.RunningQuery;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Pages of lists. In plain SQL, of the columns that are shown: entities, which nobody changes here, were most of what a page cost
 * (docs/benchmarks.md). A page without filters is one statement and one range of one index.
 */
@ApplicationScoped
class ThreadPages {

    /** How many rows of the list's index range one request looks at, at the most, when filters drop some of them. */
    static final int ROWS_PER_REQUEST = 10_000;

    /** A page ends at this many characters of its threads' texts, but not before the first thread. */
    static final int PAGE_CHARACTERS = 1024 * 1024;

    /** How many rows the first statement of a page asks for at most: a page of the longest length and one more. */
    private static final int FIRST_ROWS = 101;

    /** How many rows the driver holds at once. */
    private static final int FETCH_ROWS = 8;

    private final AgroalDataSource dataSource;
    private final ThreadDefaults defaults;
    private final QueryTimeouts timeouts;
    private final RunningQuery runningQuery;

    ThreadPages(
            AgroalDataSource dataSource, ThreadDefaults defaults, QueryTimeouts timeouts, RunningQuery runningQuery) {
        this.dataSource = dataSource;
        this.defaults = defaults;
        this.timeouts = timeouts;
        this.runningQuery = runningQuery;
    }

    /**
     * Reads one page. It ends at the query's limit or at {@value #PAGE_CHARACTERS} characters of text. Rows are
     * streamed, so that no more than {@value #FETCH_ROWS} rows beyond the page are ever in memory.
     *
     * @param after where the page before ended; null for the first page
     * @throws ThreadStoreException UNAVAILABLE if the database works longer than the configured timeout
     */
    Page<StoredThread> read(String tenant, ThreadQuery query, @Nullable Cursor after) {
        var order = order(query);
        try (var connection = dataSource.getConnection()) {
            var end = query.hasFilters() ? lastToLookAt(connection, range(tenant, query, after), query) : null;
            var page = new Filling(query);
            for (var from = after; ; from = page.position()) {
                var where = range(tenant, query, from);
                if (end != null) {
                    where.addPlaces(timeColumn(query), before(query), before(query) + "=", end);
                }
                filter(where, query);
                var rows = page.rowsToRead();
                var read = select(connection, where, order, rows, page);
                if (page.isCut) {
                    return new Page<>(page.threads, page.position());
                }
                if (read < rows) {
                    return new Page<>(page.threads, end);
                }
            }
        } catch (SQLException e) {
            throw timeouts.explained(e, query.isSearch() ? "search" : "list");
        }
    }

    private static String order(ThreadQuery query) {
        var direction = query.descending() ? " DESC" : " ASC";
        return " ORDER BY " + timeColumn(query) + direction + ", thread_key" + direction;
    }

    private static String timeColumn(ThreadQuery query) {
        return switch (query.sort()) {
            case CREATED_AT -> "created_at";
            case UPDATED_AT -> "updated_at";
        };
    }

    private static String before(ThreadQuery query) {
        return query.descending() ? ">" : "<";
    }

    private static String beyond(ThreadQuery query) {
        return query.descending() ? "<" : ">";
    }

    private static Conditions range(String tenant, ThreadQuery query, @Nullable Cursor after) {
        var where = new Conditions();
        where.add("tenant = ?", tenant);
        where.add("state = ?", (query.archived() ? ThreadState.ARCHIVED : ThreadState.ACTIVE).name());
        if (after != null) {
            where.addPlaces(timeColumn(query), beyond(query), beyond(query), after);
        }
        return where;
    }

    private void filter(Conditions where, ThreadQuery query) {
        if (!query.sources().isEmpty()) {
            where.addIn(
                    "source_kind",
                    query.sources().stream().map(SourceKind::name).toList());
        }
        if (!query.modelProviders().isEmpty()) {
            where.addIn("COALESCE(model_provider, ?)", query.modelProviders(), defaults.modelProvider());
        }
        if (!query.cwds().isEmpty()) {
            where.addIn("cwd", query.cwds());
        }
        if (query.search() != null) {
            var search = new TextSearch(query.search());
            where.add(
                    "(" + search.foundIn("LOWER(name)", "LOWER(?)") + " OR "
                            + search.foundIn("LOWER(first_user_message)", "LOWER(?)") + ")",
                    query.search(),
                    query.search());
        }
        if (query.parentThreadId() != null) {
            where.add("parent_thread_id = ?", query.parentThreadId().toString());
        }
        if (query.forkedFromId() != null) {
            where.add("forked_from_id = ?", query.forkedFromId().toString());
        }
        if (!query.exactSources().isEmpty()) {
            where.addAnyOf(
                    query.exactSources().stream().map(ThreadPages::exactly).toList());
        }
        if (query.title() != null) {
            where.add(
                    new TextSearch(query.title()).foundIn("COALESCE(name, first_user_message, '')", "?"),
                    query.title());
        }
        if (query.withUserMessage()) {
            where.add("first_user_message IS NOT NULL");
        }
    }

    private static Conditions exactly(SessionSource source) {
        var choice = new Conditions();
        choice.add("source_kind = ?", source.kind().name());
        var label = source.custom() == null ? source.other() : source.custom();
        if (label != null) {
            choice.add("source_label = ?", label);
        }
        if (source.parentThreadId() != null) {
            choice.add(
                    "source_parent_id = ? AND source_depth = ?",
                    source.parentThreadId().toString(),
                    source.depth() == null ? 0 : source.depth());
        }
        return choice;
    }

    /** Where the last row stands that one request may look at; null if there are not so many. */
    private @Nullable Cursor lastToLookAt(Connection connection, Conditions where, ThreadQuery query)
            throws SQLException {
        var sql = "SELECT " + timeColumn(query) + ", thread_key FROM thread WHERE " + where.sql() + order(query)
                + " LIMIT 1 OFFSET ?";
        try (var select = connection.prepareStatement(timeouts.limit(sql))) {
            select.setInt(where.bind(select), ROWS_PER_REQUEST - 1);
            return runningQuery.execute(select, row -> row.next() ? new Cursor(row.getLong(1), row.getLong(2)) : null);
        }
    }

    /** Adds rows to the page until it is full. Returns how many rows were read. */
    private int select(Connection connection, Conditions where, String order, int limit, Filling page)
            throws SQLException {
        var sql = "SELECT " + ThreadColumns.NAMES + "FROM thread WHERE " + where.sql() + order + " LIMIT ?";
        try (var select = connection.prepareStatement(timeouts.limit(sql))) {
            select.setFetchSize(FETCH_ROWS);
            select.setInt(where.bind(select), limit);
            return runningQuery.execute(select, rows -> {
                var read = 0;
                while (!page.isCut && rows.next()) {
                    page.add(ThreadColumns.read(rows, defaults.modelProvider()));
                    read++;
                }
                return read;
            });
        }
    }

    /** A page that is being read. */
    private static final class Filling {

        /** A thread without long texts: ids, times, numbers and labels. */
        private static final int SHORT_PARTS = 512;

        private final ThreadQuery query;
        private final List<StoredThread> threads = new ArrayList<>();
        private long characters;
        private boolean isCut;

        Filling(ThreadQuery query) {
            this.query = query;
        }

        void add(StoredThread thread) {
            var length = characters(thread.summary());
            if (threads.size() == query.limit() || !threads.isEmpty() && characters + length > PAGE_CHARACTERS) {
                isCut = true;
            } else {
                threads.add(thread);
                characters += length;
            }
        }

        /** Where the list goes on after the last thread. */
        Cursor position() {
            return query.positionOf(threads.get(threads.size() - 1));
        }

        /** As many as probably fit, going by those read so far, and one more to see whether the list goes on. */
        int rowsToRead() {
            var left = query.limit() - threads.size();
            if (threads.isEmpty()) {
                return Math.min(left + 1, FIRST_ROWS);
            }
            var typical = characters / threads.size();
            return (int) Math.min(left, (PAGE_CHARACTERS - characters) / typical) + 1;
        }

        private static long characters(StoredThread.Summary summary) {
            return SHORT_PARTS
                    + length(summary.name())
                    + length(summary.firstUserMessage())
                    + length(summary.cwd())
                    + length(summary.approvalMode())
                    + length(summary.sandboxPolicy())
                    + length(summary.tokenUsage());
        }

        private static int length(@Nullable String text) {
            return text == null ? 0 : text.length();
        }
    }

    /** Conditions that all hold, and the values of their parameters. */
    private static final class Conditions {

        private final StringBuilder sql = new StringBuilder();
        private final List<Object> values = new ArrayList<>();

        void add(String condition, Object... parameters) {
            sql.append(sql.isEmpty() ? "" : " AND ").append(condition);
            Collections.addAll(values, parameters);
        }

        /**
         * Those on one side of a place: two ranges of the index, not a comparison of rows, which MariaDB does not turn into a range.
         *
         * @param side how times compare, {@code <} or {@code >}
         * @param keySide how keys compare where times are equal: the same, with = where the place itself belongs to them
         */
        void addPlaces(String time, String side, String keySide, Cursor place) {
            add(
                    "(%s %s ? OR (%s = ? AND thread_key %s ?))".formatted(time, side, time, keySide),
                    place.sortValue(),
                    place.sortValue(),
                    place.key());
        }

        /** @param parameters those of the expression itself */
        void addIn(String expression, Collection<String> choices, Object... parameters) {
            add(expression + " IN (" + String.join(", ", Collections.nCopies(choices.size(), "?")) + ")", parameters);
            values.addAll(choices);
        }

        void addAnyOf(List<Conditions> choices) {
            add("(" + String.join(" OR ", choices.stream().map(Conditions::sql).toList()) + ")");
            choices.forEach(choice -> values.addAll(choice.values));
        }

        String sql() {
            return sql.toString();
        }

        /** @return the number of the statement's next parameter */
        int bind(PreparedStatement statement) throws SQLException {
            var next = 1;
            for (var value : values) {
                statement.setObject(next++, value);
            }
            return next;
        }
    }
}
