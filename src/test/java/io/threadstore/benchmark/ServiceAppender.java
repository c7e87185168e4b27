package io.threadstore.benchmark;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.UUID;

/** Appends to a thread of its own, exactly once: with the expected ordinal. */
final class ServiceAppender implements HttpLoad.Client {

    private final String path;
    private final byte[] items;
    private final int count;
    private final boolean lines;
    private long nextOrdinal = 1;

    private ServiceAppender(Stage stage, String item, int count, boolean lines) {
        this.path = "/v1/threads/" + newThread(stage) + "/items";
        this.count = count;
        this.lines = lines;
        var all = Collections.nCopies(count, item);
        this.items = (lines
                        ? String.join("\n", all)
                        : "{\"items\":[" + String.join(",", all) + "],\"expected_ordinal\":")
                .getBytes(StandardCharsets.UTF_8);
    }

    /** Sends a JSON document. */
    static HttpLoad.Clients json(Stage stage, String item, int count) {
        return number -> new ServiceAppender(stage, item, count, false);
    }

    /** Sends NDJSON. */
    static HttpLoad.Clients lines(Stage stage, String item, int count) {
        return number -> new ServiceAppender(stage, item, count, true);
    }

    static UUID newThread(Stage stage) {
        var id = UUID.randomUUID();
        try {
            var created = stage.service()
                    .post(
                            "/v1/threads",
                            "{\"thread_id\":\"" + id + "\",\"source\":{\"kind\":\"cli\"},\"cwd\":\"/work\"}");
            if (created.statusCode() != 201) {
                throw new AssertionError(created.body());
            }
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        return id;
    }

    @Override
    public ByteBuffer next() {
        var ordinal = nextOrdinal;
        nextOrdinal += count;
        if (lines) {
            return HttpLoad.request(
                    "POST", path + "?expected_ordinal=" + ordinal, "Content-Type: application/x-ndjson\r\n", items);
        }
        var end = (ordinal + "}").getBytes(StandardCharsets.US_ASCII);
        var body = new byte[items.length + end.length];
        System.arraycopy(items, 0, body, 0, items.length);
        System.arraycopy(end, 0, body, items.length, end.length);
        return HttpLoad.request("POST", path, "Content-Type: application/json\r\n", body);
    }
}
