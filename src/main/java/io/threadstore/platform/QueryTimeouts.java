package io.threadstore.platform;

import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.PersistenceException;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Duration;

/**
 * Limits how long the server works on a query ({@code max_statement_time}). Other statements have the limit of their
 * session ({@code sessionVariables} in application.properties).
 */
@ApplicationScoped
public class QueryTimeouts {

    private final Duration timeout;
    private final Duration verificationTimeout;

    QueryTimeouts(QuerySettings settings) {
        this.timeout = settings.timeout();
        this.verificationTimeout = settings.verificationTimeout();
    }

    /** The same query with the limit for lists and searches. */
    public String limit(String select) {
        return limit(select, timeout);
    }

    /** The same query with the limit for verifications. */
    public String limitVerification(String select) {
        return limit(select, verificationTimeout);
    }

    private static String limit(String select, Duration limit) {
        return "SET STATEMENT max_statement_time=" + seconds(limit) + " FOR " + select;
    }

    /**
     * What to throw for a failure of a limited query.
     *
     * @param what the query, in one word for people
     */
    public RuntimeException explained(SQLException failure, String what) {
        return explained(failure, what, timeout);
    }

    /** The same, of a verification. */
    public RuntimeException explainedVerification(SQLException failure) {
        return explained(failure, "verification", verificationTimeout);
    }

    private static RuntimeException explained(SQLException failure, String what, Duration limit) {
        if (!DatabaseFailures.isTimeout(failure)) {
            return new PersistenceException(failure);
        }
        return ThreadStoreException.of(
                ErrorKind.UNAVAILABLE, "the " + what + " took longer than " + seconds(limit) + " s", failure);
    }

    private static String seconds(Duration limit) {
        return BigDecimal.valueOf(limit.toMillis(), 3).stripTrailingZeros().toPlainString();
    }
}
