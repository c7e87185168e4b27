package io.threadstore.realcodex;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A model that answers by script, over the streaming Responses API: just as much of it as Codex needs to complete a turn. The first word
 * of what the user said last picks the script:
 *
 * <ul>
 *   <li>{@code tool}: thinks, runs a shell command, then answers
 *   <li>{@code agent}: spawns a sub-agent, waits for it, closes it, then answers
 *   <li>{@code hold}: begins to answer and says no more until {@link #release}
 *   <li>{@code words N}: answers with N words, each streamed on its own
 *   <li>anything else: answers at once
 * </ul>
 */
final class ScriptedModel implements AutoCloseable {

    private static final int BEFORE_HOLDING = 3;

    private final ObjectMapper mapper = new ObjectMapper();
    private final AtomicInteger answers = new AtomicInteger();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch held = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);
    private final List<JsonNode> requests = new CopyOnWriteArrayList<>();
    private final HttpServer server;

    ScriptedModel() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/v1";
    }

    /** What the model was last asked: the {@code input} that Codex built from the thread's history. */
    JsonNode lastInput() {
        return requests.get(requests.size() - 1).path("input");
    }

    /** Waits until a held answer has begun. */
    void awaitHeld() throws InterruptedException {
        held.await();
    }

    /** Lets the held answer go on. */
    void release() {
        released.countDown();
    }

    @Override
    public void close() {
        released.countDown();
        server.stop(0);
        threads.shutdownNow();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            var body = exchange.getRequestBody().readAllBytes();
            if (!exchange.getRequestURI().getPath().endsWith("/responses")) {
                exchange.sendResponseHeaders(404, -1);
                return;
            }
            var request = mapper.readTree(body);
            requests.add(request);
            exchange.getResponseHeaders().add("Content-Type", "text/event-stream");
            exchange.sendResponseHeaders(200, 0);
            try (var out = exchange.getResponseBody()) {
                new Answer(answers.incrementAndGet(), request, out).write();
            }
        } catch (UncheckedIOException e) {
            // the client has gone, as a killed one does
        }
    }

    /** One answer: a list of server-sent events. */
    private final class Answer {

        private final int number;
        private final JsonNode request;
        private final OutputStream out;

        Answer(int number, JsonNode request, OutputStream out) {
            this.number = number;
            this.request = request;
            this.out = out;
        }

        void write() {
            send(Map.of("type", "response.created", "response", Map.of("id", "resp_" + number)));
            var asked = lastUserText();
            var outputs = toolOutputs();
            if (asked.startsWith("tool") && outputs.isEmpty()) {
                think();
                callShell();
            } else if (asked.startsWith("agent")
                    && outputs.size() < 3
                    && !(outputs.size() == 1 && agentOf(outputs).isEmpty())) {
                callAgentTool(outputs);
            } else if (asked.startsWith("hold")) {
                say(asked, "one two three four five six", true);
            } else if (asked.startsWith("words ")) {
                say(asked, "word ".repeat(Integer.parseInt(asked.split("\\s+")[1])), false);
            } else {
                say(asked, "Reply to: " + asked.substring(0, Math.min(60, asked.length())), false);
            }
        }

        private String lastUserText() {
            var text = "";
            for (var item : request.path("input")) {
                if (isMessageOf(item, "user")) {
                    text = text(item);
                }
            }
            return text;
        }

        /** The outputs of the tools that were called since the user spoke last. */
        private List<String> toolOutputs() {
            var outputs = new ArrayList<String>();
            for (var item : request.path("input")) {
                if (isMessageOf(item, "user")) {
                    outputs.clear();
                } else if (item.path("type").asText().equals("function_call_output")) {
                    outputs.add(item.path("output").asText());
                }
            }
            return outputs;
        }

        private boolean isMessageOf(JsonNode item, String role) {
            return item.path("type").asText().equals("message")
                    && item.path("role").asText().equals(role);
        }

        private String text(JsonNode message) {
            var text = new StringBuilder();
            message.path("content")
                    .forEach(part -> text.append(part.path("text").asText()));
            return text.toString();
        }

        private void think() {
            itemDone(Map.of(
                    "type",
                    "reasoning",
                    "id",
                    "rs_" + number,
                    "summary",
                    List.of(Map.of("type", "summary_text", "text", "thinking about tools")),
                    "encrypted_content",
                    "ZW5jcnlwdGVk"));
        }

        private void callShell() {
            var offered = new ArrayList<String>();
            request.path("tools").forEach(tool -> offered.add(tool.path("name").asText()));
            if (offered.contains("exec_command")) {
                call("exec_command", Map.of("cmd", "echo hello-from-tool", "yield_time_ms", 2000));
            } else if (offered.contains("shell_command")) {
                call("shell_command", Map.of("command", "echo hello-from-tool"));
            } else {
                call("shell", Map.of("command", List.of("bash", "-lc", "echo hello-from-tool")));
            }
        }

        private void callAgentTool(List<String> outputs) {
            switch (outputs.size()) {
                case 0 -> call("spawn_agent", Map.of("message", "hello from the parent", "agent_type", "explorer"));
                case 1 -> call("wait_agent", Map.of("targets", List.of(agentOf(outputs)), "timeout_ms", 10000));
                default -> call("close_agent", Map.of("target", agentOf(outputs)));
            }
        }

        private String agentOf(List<String> outputs) {
            try {
                return mapper.readTree(outputs.get(0)).path("agent_id").asText();
            } catch (IOException e) {
                return "";
            }
        }

        private void call(String tool, Map<String, Object> arguments) {
            try {
                itemDone(Map.of(
                        "type",
                        "function_call",
                        "id",
                        "fc_" + number,
                        "call_id",
                        "call_" + number,
                        "name",
                        tool,
                        "arguments",
                        mapper.writeValueAsString(arguments)));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            completed();
        }

        private void say(String asked, String text, boolean hold) {
            var id = "msg_" + number;
            send(Map.of(
                    "type",
                    "response.output_item.added",
                    "item",
                    Map.of("type", "message", "role", "assistant", "id", id, "content", List.of())));
            var words = text.split(" ");
            for (var word = 0; word < words.length; word++) {
                if (hold && word == BEFORE_HOLDING) {
                    await();
                }
                send(Map.of(
                        "type",
                        "response.output_text.delta",
                        "item_id",
                        id,
                        "output_index",
                        0,
                        "content_index",
                        0,
                        "delta",
                        words[word] + " "));
            }
            itemDone(Map.of(
                    "type",
                    "message",
                    "role",
                    "assistant",
                    "id",
                    id,
                    "content",
                    List.of(Map.of("type", "output_text", "text", text))));
            completed();
        }

        private void await() {
            held.countDown();
            try {
                released.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private void itemDone(Map<String, Object> item) {
            send(Map.of("type", "response.output_item.done", "item", item));
        }

        private void completed() {
            var usage = Map.of(
                    "input_tokens",
                    100,
                    "input_tokens_details",
                    Map.of("cached_tokens", 10),
                    "output_tokens",
                    20,
                    "output_tokens_details",
                    Map.of("reasoning_tokens", 3),
                    "total_tokens",
                    120);
            send(Map.of("type", "response.completed", "response", Map.of("id", "resp_" + number, "usage", usage)));
        }

        private void send(Map<String, Object> event) {
            try {
                var text = "event: " + event.get("type") + "\ndata: " + mapper.writeValueAsString(event) + "\n\n";
                out.write(text.getBytes(StandardCharsets.UTF_8));
                out.flush();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
