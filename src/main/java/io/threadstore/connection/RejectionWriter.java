package io.threadstore.connection;

import org.jspecify.annotations.Nullable;

/** Gives the responses to rejected requests the form that the application's responses have. */
public interface RejectionWriter {

    /**
     * @param path the path as it was sent; null if it is not known
     * @param requestId the {@code X-Request-Id} that was sent; null if there is none
     */
    Response write(RequestRejection rejection, @Nullable String path, @Nullable String requestId);

    /**
     * A response's variable parts.
     *
     * @param requestId the value of {@code X-Request-Id}
     */
    record Response(String contentType, String requestId, byte[] body) {}
}
