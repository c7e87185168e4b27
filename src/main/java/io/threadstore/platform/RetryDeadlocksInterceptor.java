package io.threadstore.platform;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.annotation.Priority;
import jakarta.interceptor.AroundInvoke;
import jakarta.interceptor.Interceptor;
import jakarta.interceptor.InvocationContext;
import jakarta.transaction.Status;
import jakarta.transaction.TransactionManager;
import java.util.concurrent.ThreadLocalRandom;
import org.jboss.logging.Logger;

/** Stands around the transaction interceptor, whose priority is {@code PLATFORM_BEFORE + 200}. */
@RetryDeadlocks
@Interceptor
@Priority(Interceptor.Priority.PLATFORM_BEFORE + 100)
class RetryDeadlocksInterceptor {

    private static final Logger LOG = Logger.getLogger(RetryDeadlocksInterceptor.class);

    private static final int ATTEMPTS = 5;

    private final TransactionManager transactions;
    private final Counter retries;

    RetryDeadlocksInterceptor(TransactionManager transactions, MeterRegistry registry) {
        this.transactions = transactions;
        this.retries = Counter.builder("threadstore.transaction.retries")
                .description("Transactions tried again after a deadlock or a lost race")
                .register(registry);
    }

    @AroundInvoke
    Object invoke(InvocationContext invocation) throws Exception {
        if (transactions.getStatus() != Status.STATUS_NO_TRANSACTION) {
            return invocation.proceed();
        }
        for (var attempt = 1; ; attempt++) {
            try {
                return invocation.proceed();
            } catch (Exception e) {
                if (attempt == ATTEMPTS || !DatabaseFailures.isLostRace(e)) {
                    throw e;
                }
                retries.increment();
                LOG.debugf(
                        "transaction tried again: method=%s attempt=%d",
                        invocation.getMethod().getName(), attempt);
                Thread.sleep(ThreadLocalRandom.current().nextInt(1, 10 * attempt));
            }
        }
    }
}
