package io.threadstore.torture;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * A client that asks either service, writes down what it was told, and repeats what was not answered. What it does follows the
 * contract (docs/reliability.md): a 503 and a broken connection say nothing of the outcome.
 */
class Client {

    /** How long it waits for an answer. */
    static final Duration PATIENCE = Duration.ofSeconds(12);

    /** How long it goes on repeating when everything is well again. */
    private static final long GRACE_NANOS = TimeUnit.MINUTES.toNanos(3);

    private static final int LONGEST_ITEM = 3000;
    static final int OK = 200;
    static final int CREATED = 201;
    private static final int NOT_FOUND = 404;
    private static final int CONFLICT = 409;
    private static final int PRECONDITION_FAILED = 412;
    private static final int NO_CONTENT = 204;
    static final int UNAVAILABLE = 503;

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();

    final Rig rig;
    final Tally tally;
    final Random random;
    private final String name;
    private final long end;
    private int sent;

    /** @param end when it begins nothing new any more, in nanoseconds of {@link System#nanoTime} */
    Client(Rig rig, Tally tally, String name, long end) {
        this.rig = rig;
        this.tally = tally;
        this.name = name;
        this.random = new Random(name.hashCode());
        this.end = end;
    }

    boolean goesOn() {
        return System.nanoTime() < end;
    }

    /** An answer; the status is 0 if there was none. */
    record Answer(int status, String body, String etag) {

        private static final Answer NONE = new Answer(0, "", "");

        private static Answer of(HttpResponse<String> response) {
            return new Answer(
                    response.statusCode(),
                    response.body(),
                    response.headers().firstValue("ETag").orElse(""));
        }

        /** Whether it says nothing of what was done. */
        boolean saysNothing() {
            return status == 0 || status == UNAVAILABLE;
        }

        JsonNode json() throws IOException {
            return MAPPER.readTree(body);
        }

        String code() throws IOException {
            return json().path("code").asText();
        }
    }

    Answer ask(String method, String path, String body, String... headers) throws InterruptedException {
        var request = HttpRequest.newBuilder(
                        rig.service(random.nextInt(Rig.SERVICES)).resolve(path))
                .timeout(PATIENCE)
                .method(
                        method,
                        body.isEmpty()
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        if (!List.of(headers).contains("Content-Type")) {
            request.header("Content-Type", "application/json");
        }
        var answer = send(request.build());
        tally.count("requests");
        if (answer.saysNothing()) {
            tally.count(answer.status() == 0 ? "requests without an answer" : "requests answered with 503");
        } else if (answer.status() >= 500) {
            unexpected(method, path, answer);
        }
        return answer;
    }

    static Answer send(HttpRequest request) throws InterruptedException {
        try {
            return Answer.of(HTTP.send(request, HttpResponse.BodyHandlers.ofString()));
        } catch (IOException e) {
            return Answer.NONE;
        }
    }

    void unexpected(String method, String path, Answer answer) {
        tally.unexpected(method + " " + path + ": " + answer);
    }

    /** Asks until somebody says something. */
    Answer insist(String method, String path, String body, String... headers) throws InterruptedException {
        while (true) {
            var answer = ask(method, path, body, headers);
            if (!answer.saysNothing()) {
                return answer;
            }
            if (System.nanoTime() > end + GRACE_NANOS) {
                throw new IllegalStateException("the services don't recover: " + answer);
            }
            TimeUnit.MILLISECONDS.sleep(20 + random.nextInt(200));
        }
    }

    void create(Journal journal) throws Exception {
        var body = "{\"thread_id\":\"" + journal.threadId() + "\",\"source\":{\"kind\":\"cli\"},\"cwd\":\"/torture\"}";
        var answer = insist("POST", "/v1/threads", body);
        // sent again, it finds what it has made
        if (answer.status() != CREATED && answer.status() != CONFLICT) {
            unexpected("POST", "/v1/threads", answer);
        }
    }

    String newItem() {
        var text = new StringBuilder(name).append(' ').append(sent++).append(' ');
        for (var left = random.nextInt(LONGEST_ITEM); left > 0; left--) {
            text.append((char) (random.nextInt(20) == 0 ? 'ä' : 'a' + random.nextInt(26)));
        }
        return switch (random.nextInt(20)) {
            // ones that say something to the thread's summary
            case 0 ->
                "{\"type\":\"event_msg\",\"payload\":{\"type\":\"user_message\",\"message\":\"" + name + ' ' + sent
                        + "\",\"images\":[]}}";
            case 1 ->
                "{\"type\":\"turn_context\",\"payload\":{\"cwd\":\"/torture\",\"model\":\"gpt-5.1-codex\",\"approval_policy\":\"never\",\"summary\":\""
                        + text + "\"}}";
            case 2 ->
                "{\"type\":\"event_msg\",\"payload\":{\"type\":\"token_count\",\"info\":{\"total_token_usage\":{\"input_tokens\":"
                        + sent + ",\"output_tokens\":1,\"total_tokens\":" + (sent + 1) + "}},\"note\":\"" + text
                        + "\"}}";
            default -> "{\"type\":\"event_msg\",\"payload\":{\"type\":\"agent_message\",\"message\":\"" + text + "\"}}";
        };
    }

    private static String path(Journal journal) {
        return "/v1/threads/" + journal.threadId();
    }

    /** Appends to a thread, exactly once and as one writer after another. */
    final class Appender {

        private final Journal journal;
        private long epoch;
        private long next;

        Appender(Journal journal) {
            this.journal = journal;
        }

        boolean isOpen() {
            return epoch > 0;
        }

        void open() throws Exception {
            var answer = insist("POST", path(journal) + "/writer", "{\"takeover\":true,\"include_archived\":true}");
            if (answer.status() == CREATED) {
                epoch = answer.json().path("epoch").asLong();
                next = answer.json().path("next_ordinal").asLong();
                journal.wasOpened(epoch, next);
                tally.count("writers opened");
                tally.acknowledged();
            } else {
                unexpected("POST", "writer", answer);
            }
        }

        /** Appends some items, where this is the writer still. */
        void append(int count) throws Exception {
            var items = new ArrayList<String>();
            for (var i = 0; i < count; i++) {
                items.add(newItem());
                journal.sends(items.get(i), epoch);
            }
            var body = "{\"items\":[" + String.join(",", items) + "],\"expected_ordinal\":" + next + "}";
            var answer = ask("POST", path(journal) + "/items", body, "Writer-Epoch", Long.toString(epoch));
            var isOutcomeUnknown = answer.saysNothing();
            if (isOutcomeUnknown) {
                tally.count("appends of unknown outcome");
                answer = insist("POST", path(journal) + "/items", body, "Writer-Epoch", Long.toString(epoch));
            }
            if (answer.status() == OK) {
                stored(answer.json(), items);
            } else if (answer.status() == CONFLICT && answer.code().equals("ordinal_conflict")) {
                // whatever was tried before: it would have been recognised
                journal.wasRefused(items);
                tally.count("appends refused: ordinal_conflict");
                next = answer.json().path("next_ordinal").asLong();
            } else if (answer.status() == CONFLICT) {
                if (!isOutcomeUnknown) {
                    journal.wasRefused(items);
                }
                tally.count("appends refused: " + answer.code());
                epoch = 0;
            } else {
                unexpected("POST", "items", answer);
            }
        }

        private void stored(JsonNode answer, List<String> items) {
            var first = answer.path("first_ordinal").asLong();
            if (first != next) {
                tally.found(new Checker.Violation(
                        Checker.Kind.MOVED, journal.threadId(), "expected at " + next + ": " + answer));
            }
            journal.wasAcknowledged(first, epoch, items);
            tally.acknowledged();
            tally.count("appends acknowledged");
            tally.count("items acknowledged", items.size());
            if (answer.path("replayed").asBoolean()) {
                tally.count("appends answered as replayed");
            }
            next = answer.path("next_ordinal").asLong();
        }
    }

    /** Gives the thread a name that no other attempt gives it. What is not answered is not repeated: it would be a second patch. */
    void rename(Journal journal) throws Exception {
        var newName = name + "-" + sent++;
        journal.sendsName(newName);
        var answer = ask("PATCH", path(journal) + "?include_archived=true", "{\"name\":\"" + newName + "\"}");
        if (answer.status() == OK) {
            journal.nameWasAcknowledged(newName);
            tally.acknowledged();
            tally.count("patches acknowledged");
        } else if (!answer.saysNothing()) {
            unexpected("PATCH", path(journal), answer);
        }
    }

    /**
     * Archives a thread, or takes it out again, until it is told so. {@code If-Match} keeps an attempt that was not answered from being done
     * after what comes next.
     */
    void setArchived(Journal journal, boolean archived) throws Exception {
        journal.isArchived(Journal.Archived.UNKNOWN);
        var path = path(journal) + (archived ? "/archive" : "/unarchive");
        Answer answer;
        do {
            var seen = insist("GET", path(journal) + "?include_archived=true", "");
            answer = ask("POST", path, "", "If-Match", seen.etag());
        } while (answer.saysNothing() || answer.status() == PRECONDITION_FAILED);
        if (answer.status() != OK) {
            unexpected("POST", path, answer);
            return;
        }
        tally.acknowledged();
        tally.count("archived or unarchived");
        journal.isArchived(archived ? Journal.Archived.YES : Journal.Archived.NO);
    }

    /** Looks whether a thread is archived that only this client archives. */
    void lookWhetherArchived(Journal journal) throws Exception {
        var seen = insist("GET", path(journal), "");
        if (seen.status() != (journal.archived() == Journal.Archived.YES ? NOT_FOUND : OK)) {
            tally.found(new Checker.Violation(
                    Checker.Kind.ARCHIVED_WRONGLY,
                    journal.threadId(),
                    "is " + journal.archived() + ", and seen with " + seen.status()));
        }
        tally.count("archived or not, seen and compared");
    }

    /** Imports a thread, reads it, and deletes it. Returns its id. */
    UUID importAndDelete() throws Exception {
        var threadId = UUID.randomUUID();
        var path = "/v1/threads/" + threadId;
        var items = new ArrayList<String>();
        items.add(
                "{\"type\":\"session_meta\",\"payload\":{\"id\":\"" + threadId
                        + "\",\"timestamp\":\"2026-01-02T03:04:05.678Z\",\"cwd\":\"/torture\",\"originator\":\"torture\",\"cli_version\":\"0.129.0\",\"source\":\"cli\"}}");
        for (var i = random.nextInt(200); i >= 0; i--) {
            items.add(newItem());
        }
        var lines = new StringBuilder();
        for (var item : items) {
            lines.append("{\"timestamp\":\"2026-01-02T03:04:05.678Z\",")
                    .append(item.substring(1))
                    .append('\n');
        }
        String[] headers = {"Idempotency-Key", threadId.toString(), "Content-Type", "application/x-ndjson"};
        var imported = insist("PUT", path + "/rollout", lines.toString(), headers);
        if (imported.status() != CREATED) {
            unexpected("PUT", path + "/rollout", imported);
            return threadId;
        }
        tally.acknowledged();
        tally.count("threads imported");
        tally.count("items imported", items.size());
        var exported = insist("GET", path + "/rollout", "", "Accept", "application/x-ndjson");
        if (!exported.body().equals(lines.toString())) {
            tally.found(new Checker.Violation(
                    Checker.Kind.LOST, threadId, "imported:\n" + lines + "\nexported:\n" + exported));
        }
        var deleted = ask("DELETE", path, "");
        if (deleted.saysNothing()) {
            deleted = insist("DELETE", path, "");
            if (deleted.status() != NOT_FOUND && deleted.status() != NO_CONTENT) {
                unexpected("DELETE", path, deleted);
            }
        } else if (deleted.status() != NO_CONTENT) {
            unexpected("DELETE", path, deleted);
        }
        tally.acknowledged();
        tally.count("threads deleted");
        return threadId;
    }

    /** Whatever was acknowledged before it asked is in the history that it gets. */
    void read(Journal journal) throws Exception {
        var known = journal.acknowledged();
        var answer = ask("GET", path(journal) + "/history?include_archived=true", "", "Accept", "application/x-ndjson");
        if (answer.status() != OK) {
            if (!answer.saysNothing()) {
                unexpected("GET", path(journal) + "/history", answer);
            }
            return;
        }
        var lines = answer.body().split("\n");
        for (var item : known) {
            var payload = item.item().substring(item.item().indexOf("\"payload\":"));
            var at = (int) item.ordinal();
            if (at >= lines.length
                    || !lines[at].startsWith("{\"ordinal\":" + at + ",")
                    || !lines[at].endsWith(payload)) {
                tally.found(new Checker.Violation(
                        Checker.Kind.LOST,
                        journal.threadId(),
                        "in a history of " + lines.length + " items that was read: " + item));
            }
        }
        tally.count("histories read and compared");
    }

    /** Sends half of an append and goes away. */
    void sendHalf(Journal journal) throws IOException {
        var item = newItem();
        journal.sends(item, Long.MAX_VALUE);
        journal.wasRefused(List.of(item));
        var body = ("{\"items\":[" + item + "]}").getBytes(StandardCharsets.UTF_8);
        var head = "POST " + path(journal) + "/items HTTP/1.1\r\nHost: torture\r\nContent-Type: application/json\r\n"
                + "Content-Length: " + (body.length + 1) + "\r\n\r\n";
        var service = rig.service(random.nextInt(Rig.SERVICES));
        try (var socket = new Socket(service.getHost(), service.getPort())) {
            socket.getOutputStream().write(head.getBytes(StandardCharsets.UTF_8));
            socket.getOutputStream().write(body);
            tally.count("appends sent by half");
        }
    }

    /** Asks for a history, takes a little of it now and then, and leaves before its end. */
    void readSlowly(Journal journal) throws IOException, InterruptedException {
        var service = rig.service(random.nextInt(Rig.SERVICES));
        try (var socket = new Socket(service.getHost(), service.getPort())) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            socket.getOutputStream()
                    .write(("GET " + path(journal) + "/history HTTP/1.1\r\nHost: torture\r\n\r\n")
                            .getBytes(StandardCharsets.UTF_8));
            var some = new byte[1000];
            for (var i = 0; i < 20 && socket.getInputStream().read(some) > 0; i++) {
                TimeUnit.MILLISECONDS.sleep(100);
            }
            tally.count("histories read slowly");
        }
    }
}
