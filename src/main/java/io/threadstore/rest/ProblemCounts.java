package io.threadstore.rest;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.container.ContainerResponseContext;
import java.util.EnumMap;
import java.util.Map;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;

/** Counts the problem documents that are sent, by code. */
@Startup // counters are there, at 0, before the first problem: the first one shows as an increase
@ApplicationScoped
class ProblemCounts {

    private final Map<ProblemCode, Counter> counters = new EnumMap<>(ProblemCode.class);

    ProblemCounts(MeterRegistry registry) {
        for (var code : ProblemCode.values()) {
            counters.put(
                    code,
                    Counter.builder("threadstore.problems")
                            .description("Problem documents sent by REST")
                            .tag("code", code.word())
                            .tag("status", Integer.toString(code.status()))
                            .register(registry));
        }
    }

    @ServerResponseFilter
    void count(ContainerResponseContext response) {
        if (response.getEntity() instanceof ProblemResponse problem) {
            count(problem.code());
        }
    }

    /** For those that are sent before there is an operation. */
    void count(ProblemCode code) {
        counters.get(code).increment();
    }
}
