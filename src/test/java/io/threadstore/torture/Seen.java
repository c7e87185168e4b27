package io.threadstore.torture;

import com.fasterxml.jackson.databind.JsonNode;
import io.threadstore.process.ServiceProcess;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

/** Looks whether a fault that was injected did happen: a torture of which nobody feels anything proves nothing. */
final class Seen {

    /** Of the time that a service tells, from the one that it should. */
    private static final Duration TOLERANCE = Duration.ofMinutes(1);

    /** So many that a full disk which has room for them is not full: 200 MB. */
    private static final int APPENDS = 10_000;

    private static final String ITEM = "{\"type\":\"event_msg\",\"payload\":{\"type\":\"agent_message\",\"message\":\""
            + "x".repeat(20_000) + "\"}}";
    private static final int ATTEMPTS = 100;

    private Seen() {}

    /** The path of a thread that nobody else writes to. */
    static String thread(ServiceProcess service) throws Exception {
        return "/v1/threads/" + create(service).path("thread_id").asText();
    }

    /** Fails unless the service's clock is that far ahead. */
    static void jump(ServiceProcess service, Duration by) throws Exception {
        var createdAt = Instant.parse(create(service).path("created_at").asText());
        var off = Duration.between(Instant.now().plus(by), createdAt).abs();
        if (off.compareTo(TOLERANCE) > 0) {
            throw new AssertionError("a clock that was moved by " + by + " says " + createdAt);
        }
    }

    /**
     * Appends to the thread until it fails.
     *
     * @return how it failed, in words for the report
     */
    static String refusal(ServiceProcess service, String thread) throws Exception {
        for (var i = 0; i < APPENDS; i++) {
            var status = post(service, thread + "/items", "{\"items\":[" + ITEM + "]}")
                    .status();
            if (status == 0) {
                return "full disks: an append waited for room";
            }
            if (status == Client.UNAVAILABLE) {
                return "full disks: an append was refused with 503";
            }
            if (status != Client.OK) {
                throw new AssertionError("a full disk is answered with " + status);
            }
        }
        throw new AssertionError("a full disk took " + APPENDS + " appends");
    }

    private static JsonNode create(ServiceProcess service) throws Exception {
        for (var attempt = 0; attempt < ATTEMPTS; attempt++) {
            var answer = post(service, "/v1/threads", "{\"source\":{\"kind\":\"cli\"}}");
            if (answer.status() == Client.CREATED) {
                return answer.json();
            }
            if (!answer.saysNothing()) {
                throw new AssertionError("a thread that nobody has is answered with " + answer);
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
        throw new AssertionError("a service that was ready does not create threads");
    }

    private static Client.Answer post(ServiceProcess service, String path, String json) throws InterruptedException {
        return Client.send(HttpRequest.newBuilder(service.uri(path))
                .timeout(Client.PATIENCE)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build());
    }
}
