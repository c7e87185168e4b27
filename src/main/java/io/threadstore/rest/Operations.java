package io.threadstore.rest;

import io.threadstore.identity.Scope;
import io.threadstore.platform.limits.Limiters;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The operations of the API by method and path, for what has to be known of a request before the framework has found
 * its method: the scope that it needs, what it holds, and the methods of a path ({@code Allow}, RFC 9110, 10.2.1). A
 * test compares the table with the OpenAPI document.
 */
final class Operations {

    private static final String GET = "GET";
    private static final String POST = "POST";
    private static final String THREADS = "/v1/threads/";
    private static final String ID = "([^/]+)";
    private static final String THREAD = THREADS + ID;
    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;

    /** What any request holds: its headers, its objects, its answer. */
    private static final int SMALL = 32 * KIB;

    /** An answer with one thread, whose policies may be long. */
    private static final int ONE_THREAD = 256 * KIB;

    /** A page of a list while it is read, converted and written. */
    private static final int PAGE = 4 * MIB;

    /** The rows that the driver has fetched, and the chunk that is being made; long items need more. */
    private static final int STREAM = (int) Limiters.STREAM_BYTES;

    /** What kind of work an operation is. */
    enum Work {
        SHORT,
        LIST,
        STREAM,
        IMPORT,
        VERIFICATION
    }

    /**
     * An operation.
     *
     * @param operationId as in the OpenAPI document
     * @param form its path, with a star in place of the thread's id
     * @param path the same as a pattern; its first group is the thread's id
     * @param memory in bytes of the heap, without its body
     */
    record Operation(
            String operationId, String method, String form, Pattern path, Scope scope, Work work, long memory) {

        private Operation(String operationId, String method, String path, Scope scope, Work work, long memory) {
            this(operationId, method, path.replace(ID, "*"), Pattern.compile(path + "/?"), scope, work, memory);
        }

        /** Whether it reads a body; of others a body of unknown length is not read. */
        boolean takesBody() {
            return WITH_BODY.contains(operationId);
        }

        /** The thread's id as it was sent; null if the operation has none. */
        @Nullable
        String threadId(String sentPath) {
            var matcher = path.matcher(sentPath);
            return matcher.matches() && matcher.groupCount() > 0 ? matcher.group(1) : null;
        }
    }

    static final List<Operation> ALL = List.of(
            new Operation("appendItems", POST, THREAD + "/items", Scope.WRITE, Work.SHORT, SMALL),
            new Operation("listItems", GET, THREAD + "/items", Scope.READ, Work.STREAM, STREAM),
            new Operation("loadHistory", GET, THREAD + "/history", Scope.READ, Work.STREAM, STREAM),
            new Operation("exportRollout", GET, THREAD + "/rollout", Scope.READ, Work.STREAM, STREAM),
            new Operation(
                    "importRollout", "PUT", THREAD + "/rollout", Scope.WRITE, Work.IMPORT, (int) Limiters.IMPORT_BYTES),
            new Operation("createThread", POST, "/v1/threads", Scope.WRITE, Work.SHORT, ONE_THREAD),
            new Operation("listThreads", GET, "/v1/threads", Scope.READ, Work.LIST, PAGE),
            new Operation("getThread", GET, THREAD, Scope.READ, Work.SHORT, ONE_THREAD),
            new Operation("updateThreadMetadata", "PATCH", THREAD, Scope.WRITE, Work.SHORT, ONE_THREAD),
            new Operation("deleteThread", "DELETE", THREAD, Scope.DELETE, Work.SHORT, SMALL),
            new Operation("listMetadataPatches", GET, THREAD + "/metadata-patches", Scope.READ, Work.LIST, PAGE),
            new Operation("verifyThread", GET, THREAD + "/verification", Scope.READ, Work.VERIFICATION, STREAM),
            new Operation("verifyThreads", GET, "/v1/verification", Scope.READ, Work.VERIFICATION, STREAM),
            new Operation("archiveThread", POST, THREAD + "/archive", Scope.WRITE, Work.SHORT, ONE_THREAD),
            new Operation("unarchiveThread", POST, THREAD + "/unarchive", Scope.WRITE, Work.SHORT, ONE_THREAD),
            new Operation("openWriter", POST, THREAD + "/writer", Scope.WRITE, Work.SHORT, SMALL),
            new Operation("getWriter", GET, THREAD + "/writer", Scope.READ, Work.SHORT, SMALL),
            new Operation("discardThread", "DELETE", THREAD + "/writer", Scope.WRITE, Work.SHORT, SMALL),
            new Operation("persistThread", POST, THREAD + "/writer/persist", Scope.WRITE, Work.SHORT, SMALL),
            new Operation("flushThread", POST, THREAD + "/writer/flush", Scope.WRITE, Work.SHORT, SMALL),
            new Operation("shutdownThread", POST, THREAD + "/writer/shutdown", Scope.WRITE, Work.SHORT, SMALL));

    /** By method and form of the path. */
    private static final Map<String, Operation> BY_FORM = ALL.stream()
            .collect(Collectors.toUnmodifiableMap(
                    operation -> operation.method() + " " + form(operation.form()), operation -> operation));

    private static final Set<String> WITH_BODY =
            Set.of("appendItems", "importRollout", "createThread", "updateThreadMetadata", "openWriter");

    private Operations() {}

    /**
     * The operation of a method and a path.
     *
     * @param path as it was sent, in its canonical form
     */
    static Optional<Operation> find(String method, String path) {
        return Optional.ofNullable(BY_FORM.get((method.equals("HEAD") ? GET : method) + " " + form(path)));
    }

    /** The path with a star in place of the thread's id, and without a slash at its end. */
    private static String form(String path) {
        var end = path.endsWith("/") ? path.length() - 1 : path.length();
        if (!path.startsWith(THREADS) || end <= THREADS.length()) {
            return path.substring(0, end);
        }
        var idEnd = path.indexOf('/', THREADS.length());
        return idEnd < 0 || idEnd >= end ? THREADS + "*" : THREADS + "*" + path.substring(idEnd, end);
    }

    /** The methods that a path has, for {@code Allow}; empty if it is none of the API's. */
    static Optional<String> allowed(String path) {
        var methods = new LinkedHashSet<String>();
        for (var operation : ALL) {
            if (operation.path().matcher(path).matches()) {
                methods.add(operation.method());
                if (operation.method().equals(GET)) {
                    methods.add("HEAD");
                }
            }
        }
        var order = List.of(GET, "HEAD", POST, "PUT", "PATCH", "DELETE");
        var sorted = new ArrayList<>(methods);
        sorted.sort((one, other) -> Integer.compare(order.indexOf(one), order.indexOf(other)));
        return sorted.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", sorted));
    }
}
