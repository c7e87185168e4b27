package io.threadstore.rest;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Which methods a path takes, for the {@code Allow} header that RFC 9110 wants with a 405 and the framework leaves out. */
final class AllowedMethods {

    private static final List<Path> PATHS = List.of(
            path("/v1/threads", "GET, HEAD, POST"),
            path("/v1/threads/[^/]+", "GET, HEAD, PATCH, DELETE"),
            path("/v1/threads/[^/]+/metadata-patches", "GET, HEAD"),
            path("/v1/threads/[^/]+/verification", "GET, HEAD"),
            path("/v1/verification", "GET, HEAD"),
            path("/v1/threads/[^/]+/(archive|unarchive)", "POST"),
            path("/v1/threads/[^/]+/writer", "GET, HEAD, POST, DELETE"),
            path("/v1/threads/[^/]+/writer/(persist|flush|shutdown)", "POST"),
            path("/v1/threads/[^/]+/items", "GET, HEAD, POST"),
            path("/v1/threads/[^/]+/history", "GET, HEAD"),
            path("/v1/threads/[^/]+/rollout", "GET, HEAD, PUT"));

    private AllowedMethods() {}

    /** The methods of a path, without a slash at its end; empty if it is none of ours. */
    static Optional<String> of(String path) {
        return PATHS.stream()
                .filter(known -> known.pattern().matcher(path).matches())
                .map(Path::methods)
                .findFirst();
    }

    private static Path path(String pattern, String methods) {
        return new Path(Pattern.compile(pattern), methods);
    }

    private record Path(Pattern pattern, String methods) {}
}
