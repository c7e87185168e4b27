package io.threadstore.contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.restassured.response.Response;
import io.threadstore.testsupport.Rest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** The contract over REST. */
final class RestThreadStore implements ThreadStoreUnderTest {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    @Override
    public void create(UUID id) {
        check(Rest.create(id, ""));
    }

    @Override
    public void createLazy(UUID id) {
        check(Rest.create(id, "\"lazy\":true,"));
    }

    @Override
    public void resume(UUID id, boolean includeArchived) {
        check(Rest.json("{\"include_archived\":" + includeArchived + "}").post(Rest.path(id) + "/writer"));
    }

    @Override
    public void append(UUID id, String... items) {
        check(Rest.append(id, items));
    }

    @Override
    public void persist(UUID id) {
        check(Rest.post(id, "writer/persist"));
    }

    @Override
    public void flush(UUID id) {
        check(Rest.post(id, "writer/flush"));
    }

    @Override
    public void shutdown(UUID id) {
        check(Rest.post(id, "writer/shutdown"));
    }

    @Override
    public void discard(UUID id) {
        check(Rest.request().delete(Rest.path(id) + "/writer"));
    }

    @Override
    public List<Item> loadHistory(UUID id, boolean includeArchived) {
        var answer = check(
                Rest.request().accept(Rest.NDJSON).get(Rest.path(id) + "/history?include_archived=" + includeArchived));
        var items = new ArrayList<Item>();
        for (var line : answer.asString().split("\n")) {
            var marker = ",\"payload\":";
            var payload = line.substring(line.indexOf(marker) + marker.length(), line.length() - 1);
            items.add(new Item(tree(line).get("type").asText(), payload));
        }
        return items;
    }

    @Override
    public View read(UUID id, boolean includeArchived) {
        var thread = tree(check(Rest.request().get(Rest.path(id) + "?include_archived=" + includeArchived))
                .asString());
        return new View(
                thread.path("name").asText(null),
                thread.get("memory_mode").asText(),
                thread.path("git_info").path("sha").asText(null),
                thread.has("archived_at"));
    }

    @Override
    public List<UUID> findByName(String part) {
        var found = new ArrayList<UUID>();
        tree(check(Rest.request().queryParam("search", part).get("/v1/threads")).asString())
                .get("threads")
                .forEach(thread ->
                        found.add(UUID.fromString(thread.get("thread_id").asText())));
        return found;
    }

    @Override
    public void rename(UUID id, String name, boolean includeArchived) {
        patch(id, "{\"name\":\"" + name + "\"}", includeArchived);
    }

    @Override
    public void setMemoryMode(UUID id, String mode, boolean includeArchived) {
        patch(id, "{\"memory_mode\":\"" + mode + "\"}", includeArchived);
    }

    @Override
    public void setGitSha(UUID id, String sha, boolean includeArchived) {
        patch(id, "{\"git_info\":{\"sha\":\"" + sha + "\"}}", includeArchived);
    }

    @Override
    public void renameAndSetMemoryMode(UUID id, String name, String mode) {
        patch(id, "{\"name\":\"" + name + "\",\"memory_mode\":\"" + mode + "\"}", false);
    }

    private static void patch(UUID id, String body, boolean includeArchived) {
        check(Rest.request()
                .contentType(Rest.MERGE_PATCH)
                .body(body)
                .patch(Rest.path(id) + "?include_archived=" + includeArchived));
    }

    @Override
    public void archive(UUID id) {
        check(Rest.post(id, "archive"));
    }

    @Override
    public void unarchive(UUID id) {
        check(Rest.post(id, "unarchive"));
    }

    private static Response check(Response response) {
        if (response.statusCode() < 300) {
            return response;
        }
        var code = response.jsonPath().getString("code");
        var reason = switch (code) {
            case "thread_not_found" -> Reason.NOT_FOUND;
            case "thread_not_live" -> Reason.NOT_LIVE;
            case "thread_already_live" -> Reason.ALREADY_LIVE;
            case "internal" -> Reason.INTERNAL;
            default -> Reason.INVALID;
        };
        throw new Refused(reason, response.jsonPath().getString("detail"));
    }

    private static JsonNode tree(String json) {
        try {
            return MAPPER.readTree(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
