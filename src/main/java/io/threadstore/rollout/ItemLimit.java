package io.threadstore.rollout;

import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.DatabaseFacts;
import io.threadstore.platform.Limits;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.function.LongSupplier;

/** How long one item's text may be: the configured limit, or what the database takes in one packet if that is less. */
@ApplicationScoped
public class ItemLimit {

    /** What a statement needs around an item's text. */
    private static final long PACKET_RESERVE = 64 * 1024;

    private final LongSupplier limit;

    @Inject
    ItemLimit(Limits limits, DatabaseFacts database) {
        var configured = limits.item().asLongValue();
        this.limit = () -> Math.min(configured, database.maxAllowedPacket() - PACKET_RESERVE);
    }

    ItemLimit(long bytes) {
        this.limit = () -> bytes;
    }

    /** The limit, in bytes of UTF-8. */
    public int bytes() {
        return (int) Math.min(limit.getAsLong(), Integer.MAX_VALUE);
    }

    /** @throws ThreadStoreException REQUEST_TOO_LARGE if an item of this length is too long */
    void check(int length) {
        if (length > bytes()) {
            throw tooLarge();
        }
    }

    /** What is said of an item that is too long. */
    public ThreadStoreException tooLarge() {
        return ThreadStoreException.of(ErrorKind.REQUEST_TOO_LARGE, "the item is longer than " + bytes() + " bytes");
    }
}
