package io.threadstore.thread;

import io.threadstore.page.Cursor;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which threads to list, and how.
 *
 * @param limit how many at most, from 1
 * @param sort what to order by; equal times are ordered by creation
 * @param descending whether the newest comes first
 * @param archived true for archived threads only, false for active ones only
 * @param sources keep threads of these kinds of source; empty keeps all
 * @param modelProviders keep threads of these providers; empty keeps all
 * @param cwds keep threads that work in one of these directories; empty keeps all
 * @param search keep threads whose name or preview contains this, in any case
 * @param exactSources keep threads of just these sources, custom names and parents included; empty keeps all
 * @param title keep threads whose title (the name, else the first user message) contains this, in this case
 * @param withUserMessage keep threads in which the user has said something
 * @param parentThreadId keep threads that this one spawned
 * @param forkedFromId keep forks of this one
 */
public record ThreadQuery(
        int limit,
        Sort sort,
        boolean descending,
        boolean archived,
        List<SourceKind> sources,
        List<String> modelProviders,
        List<String> cwds,
        @Nullable String search,
        @Nullable UUID parentThreadId,
        @Nullable UUID forkedFromId,
        List<SessionSource> exactSources,
        @Nullable String title,
        boolean withUserMessage) {

    /** How long a search term may be, in Unicode code points. */
    public static final int SEARCH_LENGTH = 200;

    /** What a list can be ordered by. */
    public enum Sort {
        CREATED_AT,
        UPDATED_AT
    }

    public ThreadQuery {
        sources = List.copyOf(sources);
        modelProviders = List.copyOf(modelProviders);
        cwds = List.copyOf(cwds);
        exactSources = List.copyOf(exactSources);
    }

    /** Whether rows have to be looked at to know if they belong to the list. */
    boolean hasFilters() {
        return !sources.isEmpty()
                || !modelProviders.isEmpty()
                || !cwds.isEmpty()
                || search != null
                || parentThreadId != null
                || forkedFromId != null
                || !exactSources.isEmpty()
                || title != null
                || withUserMessage;
    }

    boolean isSearch() {
        return search != null || title != null;
    }

    /** Whether a search term is longer than {@link #SEARCH_LENGTH}. */
    public static boolean isTooLongToSearch(String term) {
        return term.codePointCount(0, term.length()) > SEARCH_LENGTH;
    }

    /** Where the list goes on after this thread. */
    public Cursor positionOf(StoredThread thread) {
        var time = switch (sort) {
            case CREATED_AT -> thread.createdAt();
            case UPDATED_AT -> thread.updatedAt();
        };
        return new Cursor(time.toEpochMilli(), thread.key());
    }

    /** The text that cursors of this list are bound to: all but the limit. Parts are quoted, so that no two queries share it. */
    public String binding(String tenant) {
        return Stream.of(
                        List.of(
                                "threads",
                                tenant,
                                sort.name(),
                                Boolean.toString(descending),
                                Boolean.toString(archived)),
                        sources.stream().map(SourceKind::word).toList(),
                        modelProviders,
                        cwds,
                        search == null ? List.<String>of() : List.of(search),
                        exactSources.stream().map(SessionSource::toString).toList(),
                        title == null ? List.<String>of() : List.of(title),
                        List.of(Boolean.toString(withUserMessage)),
                        List.of(String.valueOf(parentThreadId), String.valueOf(forkedFromId)))
                .map(ThreadQuery::quoted)
                .collect(Collectors.joining(";"));
    }

    private static String quoted(List<String> parts) {
        return parts.stream().map(part -> part.length() + ":" + part).collect(Collectors.joining(","));
    }
}
