package io.threadstore.rest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.idempotency.FirstAnswer;
import io.threadstore.idempotency.IdempotencyService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Requests that may say, by a key of their own, that they are the same one again (draft-ietf-httpapi-idempotency-key-header). */
@ApplicationScoped
class IdempotentRequests {

    static final String KEY = "Idempotency-Key";
    static final String REPLAYED = "Idempotent-Replayed";

    private static final MediaType JSON = MediaType.APPLICATION_JSON_TYPE.withCharset("UTF-8");
    private static final Pattern TAKEN = Pattern.compile("[\\x21-\\x7E]{1,255}");

    private final IdempotencyService idempotency;
    private final ObjectMapper mapper;

    IdempotentRequests(IdempotencyService idempotency, ObjectMapper mapper) {
        this.idempotency = idempotency;
        this.mapper = mapper;
    }

    /** Refuses a key that is none; null is no key. */
    static void check(@Nullable String key) {
        if (key != null && !TAKEN.matcher(key).matches()) {
            throw ThreadStoreException.invalid(KEY, "is not 1 to 255 visible ASCII characters");
        }
    }

    /**
     * Answers a request that is done: now, or, where it has a key, when it first came.
     *
     * @param key as sent, checked; null if the request has none
     * @param fingerprint of the whole request
     */
    Response answer(@Nullable String key, Fingerprint fingerprint, Supplier<Response> work) {
        if (key == null) {
            return work.get();
        }
        var answer = idempotency.once(key, fingerprint.end(), () -> kept(work.get()));
        var response = Response.status(answer.status()).type(JSON).entity(answer.body());
        if (answer.location() != null) {
            response.location(URI.create(answer.location()));
        }
        if (answer.etag() != null) {
            response.header(HttpHeaders.ETAG, answer.etag());
        }
        return answer.isReplay() ? response.header(REPLAYED, true).build() : response.build();
    }

    private FirstAnswer kept(Response response) {
        try {
            return new FirstAnswer(
                    response.getStatus(),
                    header(response, HttpHeaders.LOCATION),
                    header(response, HttpHeaders.ETAG),
                    mapper.writeValueAsString(response.getEntity()),
                    false);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an answer is always JSON", e);
        }
    }

    private static @Nullable String header(Response response, String name) {
        var value = response.getHeaders().getFirst(name);
        return value == null ? null : value.toString();
    }
}
