package io.threadstore.rest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.runtime.StartupEvent;
import io.threadstore.connection.RejectionWriter;
import io.threadstore.connection.Rejections;
import io.threadstore.connection.RequestRejection;
import io.threadstore.error.ErrorContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/** Writes problem documents for requests that are rejected before the application sees them, and counts them. */
@Singleton
class StackRejections implements RejectionWriter {

    private final ObjectMapper mapper;
    private final ProblemCounts problems;

    StackRejections(ObjectMapper mapper, ProblemCounts problems) {
        this.mapper = mapper;
        this.problems = problems;
    }

    void register(@Observes StartupEvent started) {
        Rejections.writeWith(this);
    }

    @Override
    public Response write(RequestRejection rejection, @Nullable String path, @Nullable String requestId) {
        var problem = Problems.document(
                ProblemCode.ofStatus(rejection.status()), rejection.detail(), path, ErrorContext.NONE);
        problems.count(problem.code());
        try {
            return new Response(Problems.MEDIA_TYPE, RequestIds.idFor(requestId), mapper.writeValueAsBytes(problem));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a problem document is always JSON", e);
        }
    }
}
