package io.threadstore.realcodex;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/** A running {@code codex app-server}, spoken to as an editor does: JSON-RPC over its standard streams, a message a line. */
final class AppServer implements AutoCloseable {

    private static final int SECONDS = 60;

    private final ObjectMapper mapper = new ObjectMapper();
    private final Process process;
    private final Path log;
    private final BufferedWriter input;
    private final AtomicInteger calls = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> pending = new ConcurrentHashMap<>();
    private final List<JsonNode> notifications = new ArrayList<>();

    private AppServer(Process process, Path log) {
        this.process = process;
        this.log = log;
        this.input = process.outputWriter();
    }

    /** Starts one and says hello. */
    static AppServer start(CodexBinary codex, CodexHome home) throws IOException {
        return start(codex, home, Map.of());
    }

    /** Starts one with more in its environment, and says hello. */
    static AppServer start(CodexBinary codex, CodexHome home, Map<String, String> environment) throws IOException {
        var log = home.home().resolve("stderr.log");
        var builder = home.process(codex, "app-server").redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().putAll(environment);
        var server = new AppServer(builder.start(), log);
        var reader = new Thread(server::read, "codex-app-server");
        reader.setDaemon(true);
        reader.start();
        server.call(
                "initialize",
                Map.of(
                        "clientInfo",
                        Map.of("name", "threadstore-tests", "title", "Threadstore's tests", "version", "1.0.0"),
                        "capabilities",
                        Map.of("experimentalApi", true)));
        server.send(Map.of("method", "initialized"));
        return server;
    }

    /** Calls a method that must succeed. */
    JsonNode call(String method, Map<String, ?> parameters) {
        var answer = ask(method, parameters);
        if (answer.has("error")) {
            throw new AssertionError(method + " failed: " + answer.path("error"));
        }
        return answer.path("result");
    }

    /** Calls a method that must be refused. */
    String refusal(String method, Map<String, ?> parameters) {
        var answer = ask(method, parameters);
        if (!answer.has("error")) {
            throw new AssertionError(method + " succeeded: " + answer.path("result"));
        }
        return answer.path("error").path("message").asText();
    }

    /** The thread that a call like {@code thread/start} answers with. */
    String threadOf(String method, Map<String, ?> parameters) {
        return call(method, parameters).path("thread").path("id").asText();
    }

    /** Says something in a thread and waits until the turn has ended. */
    void turn(String threadId, String text) {
        var turnId = beginTurn(threadId, text);
        var status = await(
                        "turn/completed",
                        note -> note.path("turn").path("id").asText().equals(turnId))
                .path("turn")
                .path("status")
                .asText();
        if (!status.equals("completed")) {
            throw new AssertionError("the turn \"" + text + "\" ended as " + status);
        }
    }

    /** Does what begins a turn, and waits until it has ended; how it ended. */
    String awaitNextTurn(String threadId, Runnable begin) {
        int seen;
        synchronized (notifications) {
            seen = notifications.size();
        }
        begin.run();
        return await(
                        seen,
                        "turn/completed",
                        note -> note.path("threadId").asText().equals(threadId))
                .path("turn")
                .path("status")
                .asText();
    }

    /** Says something in a thread; its id. */
    String beginTurn(String threadId, String text) {
        return call(
                        "turn/start",
                        Map.of(
                                "threadId",
                                threadId,
                                "input",
                                List.of(Map.of("type", "text", "text", text, "textElements", List.of()))))
                .path("turn")
                .path("id")
                .asText();
    }

    /** Waits for a notification that came, or comes. */
    JsonNode await(String method, Predicate<JsonNode> wanted) {
        return await(0, method, wanted);
    }

    private JsonNode await(int from, String method, Predicate<JsonNode> wanted) {
        var deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        synchronized (notifications) {
            while (true) {
                for (var note : notifications.subList(from, notifications.size())) {
                    if (note.path("method").asText().equals(method) && wanted.test(note.path("params"))) {
                        return note.path("params");
                    }
                }
                var left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (left <= 0) {
                    throw new AssertionError("no " + method + " within " + SECONDS + " s; see " + log);
                }
                waitFor(left);
            }
        }
    }

    private void waitFor(long millis) {
        try {
            notifications.wait(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Ends it as a crash does. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }

    /** Ends it as an editor does that is closed; Codex shuts its threads down first. */
    @Override
    public void close() {
        try {
            input.close();
            if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("the app-server does not end; see " + log);
            }
        } catch (IOException e) {
            process.destroyForcibly();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    private JsonNode ask(String method, Map<String, ?> parameters) {
        var id = calls.incrementAndGet();
        var answer = new CompletableFuture<JsonNode>();
        pending.put(id, answer);
        try {
            send(Map.of("id", id, "method", method, "params", parameters));
            return answer.get(SECONDS, TimeUnit.SECONDS);
        } catch (IOException | ExecutionException e) {
            throw new AssertionError(method + " can't be called; see " + log, e);
        } catch (TimeoutException e) {
            throw new AssertionError(method + " is not answered within " + SECONDS + " s; see " + log);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private synchronized void send(Object message) throws IOException {
        input.write(mapper.writeValueAsString(message));
        input.newLine();
        input.flush();
    }

    private void read() {
        try (BufferedReader output = process.inputReader()) {
            for (var line = output.readLine(); line != null; line = output.readLine()) {
                if (!line.isBlank()) {
                    take(mapper.readTree(line));
                }
            }
        } catch (IOException e) {
            // the process was killed
        }
        pending.values().forEach(answer -> answer.completeExceptionally(new IOException("the app-server has ended")));
    }

    private void take(JsonNode message) throws IOException {
        if (message.has("method") && message.has("id")) {
            // a question, such as for an approval; none of the tests need a real answer
            send(Map.of("id", message.get("id"), "result", JsonNodeFactory.instance.objectNode()));
        } else if (message.has("id")) {
            var answer = pending.remove(message.get("id").asInt());
            if (answer != null) {
                answer.complete(message);
            }
        } else {
            synchronized (notifications) {
                notifications.add(message);
                notifications.notifyAll();
            }
        }
    }
}
