package io.threadstore.rest;

import static io.threadstore.testsupport.Rest.aLazyThread;
import static io.threadstore.testsupport.Rest.aThread;
import static io.threadstore.testsupport.Rest.json;
import static io.threadstore.testsupport.Rest.path;
import static io.threadstore.testsupport.Rest.post;
import static io.threadstore.testsupport.Rest.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;

import io.quarkus.test.junit.QuarkusTest;
import io.threadstore.testsupport.Items;
import io.threadstore.testsupport.Rest;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
class ThreadsResourceTest extends RestTest {

    @Test
    void createAnswersWithLocationETagAndWriter() {
        var id = UUID.randomUUID();
        var answer = json("""
                        {"thread_id": "%s", "source": {"kind": "custom", "custom": "atlas"}, "cwd": "/w",
                         "model_provider": "fake", "originator": "o", "cli_version": "1", "memory_mode": "disabled",
                         "persistence_mode": "extended", "session_id": "%s", "forked_from_id": "%s", "parent_thread_id": "%s",
                         "base_instructions": {"text": "be kind", "n": 1.0},
                         "dynamic_tools": [{"name": "t", "inputSchema": {"x": 1e2}}]}
                        """.formatted(id, Items.ROLLOUT, Items.FORK, Items.FORK))
                .post("/v1/threads")
                .then()
                .statusCode(201)
                .header("Location", endsWith(path(id)))
                .body("thread_id", equalTo(id.toString()))
                .body("source.kind", equalTo("custom"))
                .body("source.custom", equalTo("atlas"))
                .body("session_id", equalTo(Items.ROLLOUT.toString()))
                .body("forked_from_id", equalTo(Items.FORK.toString()))
                .body("parent_thread_id", equalTo(Items.FORK.toString()))
                .body("memory_mode", equalTo("disabled"))
                .body("persistence_mode", equalTo("extended"))
                .body("writer.epoch", equalTo(1))
                .body("writer.expires_at", matchesPattern("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z"))
                .body("item_count", equalTo(1))
                .body("next_ordinal", equalTo(1))
                .body("$", not(hasKey("archived_at")))
                .extract();

        assertThat(Rest.get(id).header("ETag")).isEqualTo(answer.header("ETag"));
        var item = request().get(path(id) + "/items").asString();
        assertThat(item)
                .contains("\"base_instructions\":{\"text\": \"be kind\", \"n\": 1.0}")
                .contains("\"dynamic_tools\":[{\"name\": \"t\", \"inputSchema\": {\"x\": 1e2}}]")
                .contains("\"source\":{\"custom\":\"atlas\"}")
                .contains("\"memory_mode\":\"disabled\"");
    }

    @Test
    void createMakesAVersion7IdWhereNoneIsGiven() {
        json("{\"source\":{\"kind\":\"cli\"}}")
                .post("/v1/threads")
                .then()
                .statusCode(201)
                .body(
                        "thread_id",
                        matchesPattern("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
    }

    @Test
    void nameAtCreateIsAPatchRightAfterIt() {
        var id = aThread("\"name\":\"  From the start \",");

        Rest.get(id).then().body("name", equalTo("From the start")).body("next_ordinal", equalTo(2));
        request()
                .get(path(id) + "/metadata-patches")
                .then()
                .body("patches", hasSize(1))
                .body("patches[0].field", equalTo("name"))
                .body("patches[0].value", equalTo("From the start"))
                .body("patches[0].ordinal", equalTo(1))
                .body("patches[0].applied_by", equalTo("anonymous"));
    }

    @Test
    void lazyThreadWithANameStaysInvisibleUntilPersist() {
        var id = aThread("\"lazy\":true,\"name\":\"waits\",");
        problem(Rest.get(id), 404, "thread_not_found");

        post(id, "writer/persist").then().statusCode(200);

        Rest.get(id).then().statusCode(200).body("name", equalTo("waits")).body("next_ordinal", equalTo(2));
    }

    @Test
    void knownIdIsAConflictThatTellsLiveFromCold() {
        var id = aThread();
        problem(Rest.create(id, ""), 409, "thread_already_live")
                .body("thread_id", equalTo(id.toString()))
                .body("epoch", equalTo(1))
                .body("$", hasKey("expires_at"));

        post(id, "writer/shutdown").then().statusCode(200);
        problem(Rest.create(id, ""), 409, "thread_exists").body("thread_id", equalTo(id.toString()));
        post(id, "archive").then().statusCode(200);
        problem(Rest.create(id, "\"lazy\":true,"), 409, "thread_exists");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {}                                                              | source
                    {"source":{}}                                                   | source.kind
                    {"source":"cli"}                                                | source
                    {"source":{"kind":"nobody"}}                                    | source.kind
                    {"source":{"kind":"CLI"}}                                       | source.kind
                    {"source":{"kind":"cli","custom":"x"}}                          | source.custom
                    {"source":{"kind":"custom"}}                                    | source.custom
                    {"source":{"kind":"sub_agent_thread_spawn"}}                    | source.parent_thread_id
                    {"source":{"kind":"cli"},"surprise":1}                          | surprise
                    {"source":{"kind":"cli"},"thread_id":"abc"}                     | thread_id
                    {"source":{"kind":"cli"},"thread_id":7}                         | thread_id
                    {"source":{"kind":"cli"},"lazy":"yes"}                          | lazy
                    {"source":{"kind":"cli"},"memory_mode":"off"}                   | memory_mode
                    {"source":{"kind":"cli"},"name":"   "}                          | name
                    {"source":{"kind":"cli"},"cwd":"\\ud800"}                       | cwd
                    {"source":{"kind":"cli"},"cwd":"a\\u0000b"}                     | cwd
                    {"source":{"kind":"cli"},"dynamic_tools":[1]}                   | dynamic_tools[0]
                    {"source":{"kind":"cli"},"base_instructions":{}}                | base_instructions.text
                    {"source":{"kind":"cli"},"base_instructions":{"text":"\\ud800"}} | base_instructions
                    {"source":{"kind":"cli"},"dynamic_tools":[{"\\u0000":1}]}  | dynamic_tools
                    {"source":{"kind":"cli"},"cwd":"/a","cwd":"/b"}                 | cwd
                    """)
    void createNamesTheFaultyMember(String body, String field) {
        problem(json(body).post("/v1/threads"), 400, "invalid_request").body("errors[0].field", equalTo(field));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"source"
            [1]
            null
            {} {}
            {"source":{"kind":"cli"},}
            """)
    void createRefusesWhatIsNotAJsonObject(String body) {
        problem(json(body).post("/v1/threads"), 400, "invalid_request");
    }

    @Test
    void spawnedSubAgentShowsItsParent() {
        var parent = UUID.randomUUID();
        json("""
                        {"source": {"kind": "sub_agent_thread_spawn", "parent_thread_id": "%s", "depth": 2,
                                    "nickname": "Ada", "role": "explorer", "path": "/root/ada"}}
                        """.formatted(parent))
                .post("/v1/threads")
                .then()
                .statusCode(201)
                .body("source.parent_thread_id", equalTo(parent.toString()))
                .body("source.depth", equalTo(2))
                .body("source.nickname", equalTo("Ada"))
                .body("parent_thread_id", equalTo(parent.toString()))
                .body("agent_nickname", equalTo("Ada"))
                .body("agent_role", equalTo("explorer"))
                .body("agent_path", equalTo("/root/ada"));
    }

    @Test
    void getAnswers304ToWhoHasTheVersion() {
        var id = aThread();
        var tag = Rest.get(id).then().statusCode(200).extract().header("ETag");

        request()
                .header("If-None-Match", tag)
                .get(path(id))
                .then()
                .statusCode(304)
                .header("ETag", equalTo(tag));
        request().header("If-None-Match", "W/" + tag).get(path(id)).then().statusCode(304);
        request()
                .header("If-None-Match", "\"other\", " + tag)
                .get(path(id))
                .then()
                .statusCode(304);
        request().header("If-None-Match", "*").get(path(id)).then().statusCode(304);
        Rest.append(id, Items.userMessage("x")).then().statusCode(200);
        request().header("If-None-Match", tag).get(path(id)).then().statusCode(200);
    }

    @Test
    void ifMatchGuardsEveryChange() {
        var id = aThread();
        var stale = Rest.get(id).header("ETag");
        Rest.patch(id, "{\"name\":\"changed\"}").then().statusCode(200);

        for (var method : new String[] {"archive", "unarchive"}) {
            problem(request().header("If-Match", stale).post(path(id) + "/" + method), 412, "precondition_failed");
        }
        problem(request().header("If-Match", stale).delete(path(id)), 412, "precondition_failed");
        problem(
                request()
                        .header("If-Match", stale)
                        .contentType(Rest.MERGE_PATCH)
                        .body("{\"name\":\"lost\"}")
                        .patch(path(id)),
                412,
                "precondition_failed");
        problem(request().header("If-Match", "no quotes").delete(path(id)), 400, "invalid_request");
        Rest.get(id).then().body("name", equalTo("changed"));

        var fresh = Rest.get(id).header("ETag");
        problem(request().header("If-Match", "W/" + fresh).delete(path(id)), 412, "precondition_failed");
        request().header("If-Match", fresh).post(path(id) + "/archive").then().statusCode(200);
        request().header("If-Match", "*").delete(path(id)).then().statusCode(204);
    }

    @Test
    void archivedThreadIsFoundOnlyWhenAskedFor() {
        var id = aThread();
        var first = post(id, "archive").then().statusCode(200).extract().jsonPath();
        var again = post(id, "archive").then().statusCode(200).extract().jsonPath();

        assertThat(again.getString("archived_at")).isNotNull().isEqualTo(first.getString("archived_at"));
        assertThat(again.getString("updated_at")).isEqualTo(first.getString("updated_at"));
        problem(Rest.get(id), 404, "thread_not_found");
        request().get(path(id) + "?include_archived=true").then().statusCode(200);
        for (var read : new String[] {"items", "history", "rollout"}) {
            problem(request().get(path(id) + "/" + read), 404, "thread_not_found");
            request()
                    .get(path(id) + "/" + read + "?include_archived=true")
                    .then()
                    .statusCode(200);
        }
        request().get(path(id) + "/metadata-patches").then().statusCode(200);

        post(id, "unarchive").then().statusCode(200).body("$", not(hasKey("archived_at")));
        post(id, "unarchive").then().statusCode(200);
        Rest.get(id).then().statusCode(200);
    }

    @Test
    void archiveOfALiveLazyThreadKeepsWhatItsWriterHolds() {
        var id = aLazyThread();
        problem(post(id, "archive"), 404, "thread_not_found");
        Rest.append(id, Items.userMessage("held")).then().statusCode(200);

        post(id, "archive").then().statusCode(200).body("item_count", equalTo(2));

        problem(request().get(path(id) + "/writer"), 404, "writer_not_found");
    }

    @Test
    void deletedThreadIsGoneWithAllItHadAndItsIdIsFree() {
        var id = aThread();
        Rest.append(id, Items.userMessage("x")).then().statusCode(200);
        Rest.patch(id, "{\"name\":\"n\"}").then().statusCode(200);

        request().delete(path(id)).then().statusCode(204);

        problem(request().delete(path(id)), 404, "thread_not_found");
        problem(Rest.get(id), 404, "thread_not_found");
        problem(Rest.append(id, Items.userMessage("x")), 404, "thread_not_found");
        Rest.create(id, "")
                .then()
                .statusCode(201)
                .body("item_count", equalTo(1))
                .body("writer.epoch", equalTo(1));
        request().get(path(id) + "/metadata-patches").then().body("patches", hasSize(0));
    }

    @Test
    void includeHistoryStreamsAllItemsWithTheThread() {
        var id = aThread();
        Rest.append(id, Items.userMessage("a"), Items.agentMessage("b")).then().statusCode(200);

        request()
                .get(path(id) + "?include_history=true")
                .then()
                .statusCode(200)
                .body("history.items.ordinal", contains(0, 1, 2))
                .body("history.items[2].payload.message", equalTo("b"))
                .body("preview", equalTo("a"));
    }

    @ParameterizedTest
    @CsvSource({"include_archived=perhaps", "include_history=1"})
    void flagsThatAreNeitherTrueNorFalseAreRefused(String query) {
        problem(request().get(path(aThread()) + "?" + query), 400, "invalid_request")
                .body("errors[0].field", containsString("include_"));
    }

    @Test
    void malformedIdIsRefusedEverywhere() {
        for (var path : new String[] {
            "", "/metadata-patches", "/writer", "/items", "/history", "/rollout", "/verification",
        }) {
            problem(request().get("/v1/threads/not-an-id" + path), 400, "invalid_request")
                    .body("errors.field", containsInAnyOrder("thread_id"));
        }
    }

    @Test
    void idsAreReadInUpperCaseAndShownInLower() {
        var id = aThread();

        request()
                .get("/v1/threads/" + id.toString().toUpperCase(java.util.Locale.ROOT))
                .then()
                .statusCode(200)
                .body("thread_id", equalTo(id.toString()));
    }
}
