package io.threadstore.benchmark;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.UUID;

/** Appends to a thread of its own, exactly once: with the expected ordinal. */
final class ServiceAppender implements Load.Client {

    private final HttpConnection connection;
    private final String path;
    private final byte[] items;
    private final int count;
    private long nextOrdinal = 1;

    ServiceAppender(int port, String item, int count) throws IOException {
        connection = new HttpConnection(port);
        var id = UUID.randomUUID();
        var thread = "{\"thread_id\":\"" + id + "\",\"source\":{\"kind\":\"cli\"},\"cwd\":\"/work\"}";
        connection.post("/v1/threads", thread.getBytes(StandardCharsets.UTF_8));
        path = "/v1/threads/" + id + "/items";
        items = ("{\"items\":[" + String.join(",", Collections.nCopies(count, item)) + "],\"expected_ordinal\":")
                .getBytes(StandardCharsets.UTF_8);
        this.count = count;
    }

    @Override
    public void doOnce() throws IOException {
        var ordinal = (nextOrdinal + "}").getBytes(StandardCharsets.US_ASCII);
        var body = new byte[items.length + ordinal.length];
        System.arraycopy(items, 0, body, 0, items.length);
        System.arraycopy(ordinal, 0, body, items.length, ordinal.length);
        connection.post(path, body);
        nextOrdinal += count;
    }

    @Override
    public void close() throws IOException {
        connection.close();
    }
}
