package io.threadstore.identity;

import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.Caller;
import java.util.Set;

/**
 * An authenticated caller and what the caller may do.
 *
 * @param scopes every scope that the token grants; may be empty
 */
public record Identity(Caller caller, Set<Scope> scopes) {

    static final Identity ANONYMOUS = new Identity(Caller.ANONYMOUS, Set.of(Scope.values()));

    public Identity {
        scopes = Set.copyOf(scopes);
    }

    /**
     * Checks that the token grants a scope.
     *
     * @throws ThreadStoreException {@link ErrorKind#FORBIDDEN}
     */
    public void require(Scope needed) {
        if (!scopes.contains(needed)) {
            throw ThreadStoreException.of(ErrorKind.FORBIDDEN, "the token does not grant the scope " + needed.word());
        }
    }
}
