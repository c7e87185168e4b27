package io.threadstore.attack;

import io.threadstore.testsupport.Items;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** A tenant that works while others attack: it creates, appends, reads and lists, and notes how each request ends. */
final class ValidTenant implements AutoCloseable {

    private static final int CLIENTS = 4;
    private static final Duration TIMEOUT = Duration.ofSeconds(20);
    private static final long PAUSE_MILLIS = 20;

    private final Victim victim;
    private final String token;
    private final List<Answer> answers = Collections.synchronizedList(new ArrayList<>());
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean isOver;

    /** @param status the HTTP status; 0 if there was none */
    record Answer(long at, int status, long millis, String what) {

        boolean isGood() {
            return status == 200 || status == 201;
        }
    }

    ValidTenant(Victim victim, String tenant) {
        this.victim = victim;
        this.token = Victim.token(tenant);
        for (var i = 0; i < CLIENTS; i++) {
            var thread = new Thread(this::work, "valid-" + i);
            thread.setDaemon(true);
            thread.start();
            threads.add(thread);
        }
    }

    private void work() {
        var client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        while (!isOver) {
            var id = UUID.randomUUID();
            send(
                    client,
                    "create",
                    "POST",
                    "/v1/threads",
                    "{\"thread_id\":\"" + id + "\",\"source\":{\"kind\":\"cli\"}}");
            for (var i = 0; i < 5 && !isOver; i++) {
                send(
                        client,
                        "append",
                        "POST",
                        "/v1/threads/" + id + "/items",
                        "{\"items\":[" + Items.userMessage("work " + i) + "]}");
                send(client, "read", "GET", "/v1/threads/" + id + "/history", null);
                send(client, "list", "GET", "/v1/threads?limit=10", null);
            }
        }
    }

    private void send(HttpClient client, String what, String method, String path, String body) {
        if (isOver) {
            return;
        }
        var begin = System.nanoTime();
        int status;
        try {
            var request = HttpRequest.newBuilder(URI.create(victim.url(path)))
                    .timeout(TIMEOUT)
                    .header("Authorization", "Bearer " + token)
                    .header("Content-Type", "application/json")
                    .method(
                            method,
                            body == null
                                    ? HttpRequest.BodyPublishers.noBody()
                                    : HttpRequest.BodyPublishers.ofString(body))
                    .build();
            status =
                    client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        } catch (java.io.IOException e) {
            status = 0;
        } catch (InterruptedException e) {
            return;
        }
        var millis = (System.nanoTime() - begin) / 1_000_000 - PAUSE_MILLIS;
        answers.add(new Answer(System.nanoTime(), status, Math.max(0, millis), what));
    }

    /** The requests that ended between two times of {@link System#nanoTime}. */
    List<Answer> between(long from, long to) {
        synchronized (answers) {
            return answers.stream()
                    .filter(answer -> answer.at() - from >= 0 && answer.at() - to <= 0)
                    .toList();
        }
    }

    @Override
    public void close() {
        isOver = true;
        Attacks.join(threads, TIMEOUT);
    }
}
