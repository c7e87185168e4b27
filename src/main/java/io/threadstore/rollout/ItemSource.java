package io.threadstore.rollout;

import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import java.util.function.Consumer;

/** Stored items that are read a few at a time, so that the texts of only those few are in memory. */
public interface ItemSource extends AutoCloseable {

    /** Whether everything has been read. */
    boolean isEnded();

    /**
     * The length in bytes of what is left, as an estimate.
     *
     * @param around how many bytes are added to each item's text
     */
    long bytesLeft(int around);

    /**
     * Passes the next items on: at least one, unless everything has been read. A text is valid until the next one is
     * passed on.
     *
     * @throws ThreadStoreException {@link ErrorKind#THREAD_NOT_FOUND} if the thread was deleted meanwhile
     */
    void passOn(Consumer<StoredItem> taker);

    /** Gives the connection back until the next items are asked for. */
    void pause();

    @Override
    void close();
}
