package io.threadstore.rest;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jboss.logging.MDC;
import org.jspecify.annotations.Nullable;

/**
 * Gives every request an id: the {@code X-Request-Id} that a gateway sends, or a new one. It is sent back, and stands in all that is logged of
 * the request.
 */
@ApplicationScoped
class RequestIds {

    static final String HEADER = "X-Request-Id";

    private static final String KEY = "request_id";
    private static final int BEFORE_EVERYTHING = 1000;

    /** What may go into logs and headers as it is. */
    private static final Pattern TAKEN = Pattern.compile("[\\x21-\\x7E]{1,128}");

    void register(@Observes Filters filters) {
        filters.register(RequestIds::identify, BEFORE_EVERYTHING);
    }

    /** The id of the request in hand; null outside of one. */
    static @Nullable String of(RoutingContext context) {
        return context.get(KEY);
    }

    /** The id that a request brings, if it is a valid one, or a new one. */
    static String idFor(@Nullable String sent) {
        return sent != null && TAKEN.matcher(sent).matches()
                ? sent
                : UUID.randomUUID().toString();
    }

    private static void identify(RoutingContext context) {
        var id = idFor(context.request().getHeader(HEADER));
        context.put(KEY, id);
        MDC.put(KEY, id);
        context.response().putHeader(HEADER, id);
        context.next();
    }
}
