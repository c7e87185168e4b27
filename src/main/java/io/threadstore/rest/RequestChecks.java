package io.threadstore.rest;

import io.threadstore.error.ThreadStoreException;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.NotSupportedException;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.jspecify.annotations.Nullable;

/**
 * What is checked of every request before its operation: things that the framework passes over, and that would make an operation do
 * something else than its caller thinks.
 */
class RequestChecks {

    /** Headers that would mean nothing without a value, and seem to mean something. */
    private static final List<String> NEVER_BLANK = List.of(
            HttpHeaders.IF_MATCH, HttpHeaders.IF_NONE_MATCH, WritersResource.WRITER_EPOCH, IdempotentRequests.KEY);

    /** Headers of which only one can be meant. */
    private static final List<String> SINGLE = List.of(WritersResource.WRITER_EPOCH, IdempotentRequests.KEY);

    /** Parameters that may come several times. */
    private static final Set<String> REPEATABLE = Set.of("source", "model_provider", "cwd", "type");

    /** Parameters for which nothing is a value: everything contains it, and the first page has no cursor. */
    private static final Set<String> MAY_BE_EMPTY = Set.of("search", "cursor");

    /** OPTIONS: the framework would answer for a whole resource class. */
    @ServerRequestFilter(preMatching = true)
    @Nullable
    Response options(ContainerRequestContext request) {
        if (!request.getMethod().equals(HttpMethod.OPTIONS)) {
            return null;
        }
        var allowed = Operations.allowed(request.getUriInfo().getPath()).orElseThrow(NotFoundException::new);
        return Response.noContent()
                .header(HttpHeaders.ALLOW, allowed + ", OPTIONS")
                .build();
    }

    @ServerRequestFilter
    void check(ContainerRequestContext request) {
        var isImport = request.getMethod().equals(HttpMethod.PUT);
        var coding = request.getHeaderString(HttpHeaders.CONTENT_ENCODING);
        if (!isImport && ContentCoding.ofRequest(coding) != ContentCoding.IDENTITY) {
            throw new NotSupportedException();
        }
        for (var name : SINGLE) {
            var values = request.getHeaders().get(name);
            if (values != null && values.size() > 1) {
                throw ThreadStoreException.invalid(name, "comes twice");
            }
        }
        for (var name : NEVER_BLANK) {
            var value = request.getHeaderString(name);
            if (value != null && value.isBlank()) {
                throw ThreadStoreException.invalid(name, "is empty");
            }
        }
        checkParameters(request.getUriInfo().getRequestUri().getRawQuery());
    }

    private static void checkParameters(@Nullable String rawQuery) {
        if (rawQuery == null) {
            return;
        }
        var seen = new HashSet<String>();
        for (var parameter : rawQuery.split("&")) {
            var equals = parameter.indexOf('=');
            var name = equals < 0 ? parameter : parameter.substring(0, equals);
            if (name.isEmpty()) {
                continue;
            }
            if (!seen.add(name) && !REPEATABLE.contains(name)) {
                throw ThreadStoreException.invalid(name, "comes twice");
            }
            if ((equals < 0 || equals == parameter.length() - 1) && !MAY_BE_EMPTY.contains(name)) {
                throw ThreadStoreException.invalid(name, "has no value");
            }
        }
    }
}
