package io.threadstore.platform;

import jakarta.annotation.Priority;
import jakarta.interceptor.AroundInvoke;
import jakarta.interceptor.Interceptor;
import jakarta.interceptor.InvocationContext;
import jakarta.transaction.Status;
import jakarta.transaction.TransactionManager;
import java.time.Duration;

/** Stands around the retries, and so around the transaction. */
@Queued("")
@Interceptor
@Priority(Interceptor.Priority.PLATFORM_BEFORE + 50)
class QueuedInterceptor {

    /** A caller may then wait as long again for the row, which another replica may have locked. */
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    /** A caller in a transaction holds a connection while it waits. */
    private static final Duration TIMEOUT_IN_TRANSACTION = Duration.ofMillis(200);

    private static final int MAX_WAITING = 64;

    private static final KeyedQueues QUEUES = new KeyedQueues(MAX_WAITING);

    private final TransactionManager transactions;
    private final CurrentCaller caller;

    QueuedInterceptor(TransactionManager transactions, CurrentCaller caller) {
        this.transactions = transactions;
        this.caller = caller;
    }

    @AroundInvoke
    Object invoke(InvocationContext invocation) throws Exception {
        var what = invocation.getInterceptorBinding(Queued.class).value();
        var argument = invocation.getParameters()[0];
        var key = new Key(
                what, caller.get().tenant(), argument instanceof QueueKey row ? row.queueKey() : argument.toString());
        var isInTransaction = transactions.getStatus() != Status.STATUS_NO_TRANSACTION;
        return QUEUES.run(key, isInTransaction ? TIMEOUT_IN_TRANSACTION : TIMEOUT, what, invocation::proceed);
    }

    private record Key(String what, String tenant, String key) {}
}
