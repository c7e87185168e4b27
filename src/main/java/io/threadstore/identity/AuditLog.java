package io.threadstore.identity;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.threadstore.platform.Caller;
import io.threadstore.platform.CurrentCaller;
import io.threadstore.platform.Timestamps;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.util.Locale;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Who did what to which thread, when, from where, and whether it was allowed: a line of JSON for every write, every
 * refusal, and the reads that {@code threadstore.audit.reads} selects, in the log category {@value #CATEGORY}. Never a
 * content: no item, no name, no token.
 */
@ApplicationScoped
public class AuditLog {

    static final String CATEGORY = "io.threadstore.audit";

    private static final Logger LOG = Logger.getLogger(CATEGORY);

    private final CurrentCaller caller;
    private final Clock clock;
    private final AuditConsole console;
    private final Reads reads;

    AuditLog(
            CurrentCaller caller,
            Clock clock,
            AuditConsole console,
            @ConfigProperty(name = "threadstore.audit.reads", defaultValue = "exports") Reads reads) {
        this.caller = caller;
        this.clock = clock;
        this.console = console;
        this.reads = reads;
    }

    /** Which reads that are allowed are on record; those that are refused always are. */
    enum Reads {
        /** None. */
        NONE,
        /** Those of a whole history. */
        EXPORTS,
        /** Every read: also of single items, of threads and lists, and verifications. */
        ALL
    }

    /**
     * Whether a read that was allowed goes on record.
     *
     * @param isExport whether it answers with a whole history
     */
    public boolean recordsRead(boolean isExport) {
        return reads == Reads.ALL || reads == Reads.EXPORTS && isExport;
    }

    /**
     * Whether the next line would wait for the console. Who must not wait then leaves the request to a thread that may.
     */
    public boolean wouldBlock() {
        return console.wouldBlock();
    }

    /** How an operation ended, for the record. */
    public enum Outcome {
        /** It was done. */
        ALLOWED,
        /** The caller may not, or there is no such thread for this caller. */
        REFUSED,
        /** It was not done for another reason: a conflict, a bad request, a fault. */
        FAILED;

        private final String name = name().toLowerCase(Locale.ROOT);
    }

    /**
     * One operation.
     *
     * @param transport {@code rest} or {@code grpc}
     * @param operation its name in the transport's own document; null if the request leads to none
     * @param threadId the thread that it was about; null if there is none
     * @param status the transport's own status
     * @param from the client's address; null if it is not known
     * @param requestId the id that the request's log lines have; null if there is none
     */
    public record Entry(
            String transport,
            @Nullable String operation,
            @Nullable String threadId,
            Outcome outcome,
            String status,
            @Nullable String from,
            @Nullable String requestId) {}

    /** Writes one line, of the caller of the request in hand. */
    public void record(Entry entry) {
        record(entry, caller.isKnown() ? caller.get() : null);
    }

    /** Writes one line; the caller is null if nobody was admitted. */
    public void record(Entry entry, @Nullable Caller who) {
        if (!LOG.isInfoEnabled()) {
            return;
        }
        var line = new StringBuilder(256).append('{');
        add(line, "time", Timestamps.format(clock.instant()));
        add(line, "tenant", who == null ? null : who.tenant());
        add(line, "subject", who == null ? null : who.subject());
        add(line, "transport", entry.transport());
        add(line, "operation", entry.operation());
        add(line, "thread_id", entry.threadId());
        add(line, "outcome", entry.outcome().name);
        add(line, "status", entry.status());
        add(line, "from", entry.from());
        add(line, "request_id", entry.requestId());
        LOG.info(line.append('}').toString());
    }

    private static void add(StringBuilder line, String name, @Nullable String value) {
        line.append(line.length() == 1 ? "\"" : ",\"").append(name).append("\":");
        if (value == null) {
            line.append("null");
        } else {
            line.append('"');
            JsonStringEncoder.getInstance().quoteAsString(value, line);
            line.append('"');
        }
    }
}
