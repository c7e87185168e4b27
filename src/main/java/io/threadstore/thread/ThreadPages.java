package io.threadstore.thread;

import io.agroal.api.AgroalDataSource;
import io.threadstore.page.Cursor;
import io.threadstore.page.Page;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.PersistenceException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
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

    private final AgroalDataSource dataSource;
    private final ThreadDefaults defaults;

    ThreadPages(AgroalDataSource dataSource, ThreadDefaults defaults) {
        this.dataSource = dataSource;
        this.defaults = defaults;
    }

    /** @param after where the page before ended; null for the first page */
    Page<StoredThread> read(String tenant, ThreadQuery query, @Nullable Cursor after) {
        var time = timeColumn(query);
        var direction = query.descending() ? " DESC" : " ASC";
        var order = " ORDER BY " + time + direction + ", thread_key" + direction;
        var where = range(tenant, query, after);
        try (var connection = dataSource.getConnection()) {
            Cursor end = null;
            if (query.hasFilters()) {
                end = lastToLookAt(connection, time, where, order);
                if (end != null) {
                    where.addPlaces(time, before(query), before(query) + "=", end);
                }
                filter(where, query);
            }
            var found = select(connection, where, order, query.limit() + 1);
            if (found.size() > query.limit()) {
                var page = found.subList(0, query.limit());
                return new Page<>(page, query.positionOf(page.get(page.size() - 1)));
            }
            return new Page<>(found, end);
        } catch (SQLException e) {
            throw new PersistenceException(e);
        }
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
            var pattern = "%" + query.search().replaceAll("[!%_]", "!$0") + "%";
            where.add(
                    "(LOWER(name) LIKE LOWER(?) ESCAPE '!' OR LOWER(first_user_message) LIKE LOWER(?) ESCAPE '!')",
                    pattern,
                    pattern);
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
            where.add("LOCATE(?, COALESCE(name, first_user_message, '')) > 0", query.title());
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
    private static @Nullable Cursor lastToLookAt(Connection connection, String time, Conditions where, String order)
            throws SQLException {
        var sql = "SELECT " + time + ", thread_key FROM thread WHERE " + where.sql() + order + " LIMIT 1 OFFSET ?";
        try (var select = connection.prepareStatement(sql)) {
            select.setInt(where.bind(select), ROWS_PER_REQUEST - 1);
            try (var row = select.executeQuery()) {
                return row.next() ? new Cursor(row.getLong(1), row.getLong(2)) : null;
            }
        }
    }

    private List<StoredThread> select(Connection connection, Conditions where, String order, int limit)
            throws SQLException {
        var found = new ArrayList<StoredThread>(limit);
        try (var select = connection.prepareStatement(
                "SELECT " + ThreadColumns.NAMES + "FROM thread WHERE " + where.sql() + order + " LIMIT ?")) {
            select.setInt(where.bind(select), limit);
            // the pool's wrapper costs as much as the value, for each of forty columns
            try (var rows = select.executeQuery().unwrap(ResultSet.class)) {
                while (rows.next()) {
                    found.add(ThreadColumns.read(rows, defaults.modelProvider()));
                }
            }
        }
        return found;
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
