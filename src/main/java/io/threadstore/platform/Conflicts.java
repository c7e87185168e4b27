package io.threadstore.platform;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.threadstore.error.ErrorKind;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Counts the requests that what is stored stood against, whichever transport they came by. */
@Startup // counters are there, at 0, before the first conflict: the first one shows as an increase
@ApplicationScoped
public class Conflicts {

    private static final Set<ErrorKind> KINDS = EnumSet.of(
            ErrorKind.THREAD_NOT_LIVE,
            ErrorKind.THREAD_EXISTS,
            ErrorKind.THREAD_ALREADY_LIVE,
            ErrorKind.WRITER_FENCED,
            ErrorKind.ORDINAL_CONFLICT,
            ErrorKind.PRECONDITION_FAILED);

    private final Map<ErrorKind, Counter> counters = new EnumMap<>(ErrorKind.class);

    Conflicts(MeterRegistry registry) {
        for (var kind : KINDS) {
            counters.put(
                    kind,
                    Counter.builder("threadstore.conflicts")
                            .description("Requests that what is stored stood against, by REST and gRPC")
                            .tag("code", kind.name().toLowerCase(Locale.ROOT))
                            .register(registry));
        }
    }

    /** Counts a failure, if it is a conflict. */
    public void count(ErrorKind kind) {
        var counter = counters.get(kind);
        if (counter != null) {
            counter.increment();
        }
    }
}
