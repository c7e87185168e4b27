package io.threadstore.rest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;

/** Answers that are sent before there is an operation, in the form of those that operations give. */
@ApplicationScoped
class EarlyAnswers {

    private final ObjectMapper mapper;
    private final ProblemCounts problems;

    EarlyAnswers(ObjectMapper mapper, ProblemCounts problems) {
        this.mapper = mapper;
        this.problems = problems;
    }

    /** Sends a record as JSON, unless the client has gone. */
    void send(RoutingContext context, int status, String type, Object body) {
        var response = context.response();
        if (response.closed()) {
            return;
        }
        try {
            response.setStatusCode(status)
                    .putHeader(HttpHeaders.CONTENT_TYPE, type)
                    .end(Buffer.buffer(mapper.writeValueAsBytes(body)));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an answer is always JSON", e);
        }
    }

    /** Sends a problem document, and counts it. */
    void send(RoutingContext context, ProblemResponse problem) {
        problems.count(problem.code());
        if (Problems.isWorthTryingAgain(problem.code())) {
            context.response().putHeader(HttpHeaders.RETRY_AFTER, Problems.RETRY_AFTER_SECONDS);
        }
        send(context, problem.status(), Problems.MEDIA_TYPE, problem);
    }
}
