package io.threadstore.platform;

import jakarta.enterprise.context.ApplicationScoped;

/** The caller of the operation in hand. Until identity comes, everyone is anonymous in the tenant {@code default}. */
@ApplicationScoped
public class CurrentCaller {

    private static final Caller ANONYMOUS = new Caller("default", "anonymous");

    public Caller get() {
        return ANONYMOUS;
    }
}
