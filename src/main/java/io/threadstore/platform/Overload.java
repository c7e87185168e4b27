package io.threadstore.platform;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** Counts what is refused because as much as may is under way already. */
@Startup // counters are there, at 0, before the first refusal: the first one shows as an increase
@ApplicationScoped
public class Overload {

    /** Of what there was too much. */
    public enum Of {
        /** REST requests that are worked on. */
        REQUESTS,
        /** Bodies that are read. */
        BODIES,
        /** Histories and files on their way out. */
        STREAMS,
        /** Calls of Codex. */
        CALLS
    }

    private final Map<Of, Counter> refusals = new EnumMap<>(Of.class);

    Overload(MeterRegistry registry) {
        for (var limit : Of.values()) {
            refusals.put(
                    limit,
                    Counter.builder("threadstore.overload")
                            .description("Refusals because as much as may was under way already")
                            .tag("limit", limit.name().toLowerCase(Locale.ROOT))
                            .register(registry));
        }
    }

    public void refused(Of limit) {
        refusals.get(limit).increment();
    }
}
