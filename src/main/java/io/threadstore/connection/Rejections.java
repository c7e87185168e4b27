package io.threadstore.connection;

import io.threadstore.connection.ConnectionCounts.Reason;
import org.jspecify.annotations.Nullable;

/** Counts rejected requests and has their responses written. */
public final class Rejections {

    static final String REQUEST_ID = "X-Request-Id";

    private static final RejectionWriter PLAIN = (rejection, path, requestId) -> new RejectionWriter.Response(
            "text/plain; charset=utf-8",
            requestId == null ? "-" : requestId,
            rejection.detail().getBytes(java.nio.charset.StandardCharsets.UTF_8));

    private static volatile RejectionWriter writer = PLAIN;

    private Rejections() {}

    /** Sets the writer for all servers of the process. Guards are created by Netty, out of the reach of injection. */
    public static void writeWith(RejectionWriter writer) {
        Rejections.writer = writer;
    }

    static RejectionWriter.Response response(
            RequestRejection rejection, @Nullable String path, @Nullable String requestId) {
        return writer.write(rejection, path, requestId);
    }

    static void count() {
        ConnectionCounts.INSTANCE.rejected(Reason.INVALID_REQUEST);
    }
}
