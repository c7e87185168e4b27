package io.threadstore.platform;

import jakarta.enterprise.context.RequestScoped;
import org.jboss.logging.MDC;
import org.jspecify.annotations.Nullable;

/** The caller of the request in hand. A transport says who it is before it calls any service; where it did not, nothing is found. */
@RequestScoped
public class CurrentCaller {

    private @Nullable Caller caller;

    /**
     * Who calls.
     *
     * @throws IllegalStateException if nobody has been admitted
     */
    public Caller get() {
        if (caller == null) {
            throw new IllegalStateException("nobody has been admitted");
        }
        return caller;
    }

    /** Whether somebody has been admitted. */
    public boolean isKnown() {
        return caller != null;
    }

    /** From now on it is also said in the logs whose request this is. */
    public void enter(Caller admitted) {
        caller = admitted;
        MDC.put("tenant", admitted.tenant());
        MDC.put("subject", admitted.subject());
    }
}
