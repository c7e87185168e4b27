package io.threadstore.rest;

import static io.threadstore.testsupport.Rest.aThread;
import static io.threadstore.testsupport.Rest.patch;
import static io.threadstore.testsupport.Rest.path;
import static io.threadstore.testsupport.Rest.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.not;

import io.quarkus.test.junit.QuarkusTest;
import io.threadstore.testsupport.Rest;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
class MetadataPatchTest extends RestTest {

    @Test
    void nameIsTrimmedAndNullClearsIt() {
        var id = aThread();

        patch(id, "{\"name\":\"  My   name \"}").then().statusCode(200).body("name", equalTo("My   name"));
        patch(id, "{\"name\":null}").then().statusCode(200).body("$", not(hasKey("name")));

        request()
                .get(path(id) + "/metadata-patches")
                .then()
                .body("patches.value", contains("My   name", null))
                .body("patches.ordinal", contains(1, 2));
        assertThat(request().get(path(id) + "/items").asString()).contains("\"thread_name\":null");
    }

    @Test
    void gitInfoPartsAreKeptSetAndCleared() {
        var id = aThread();
        patch(id, "{\"git_info\":{\"sha\":\" abc \",\"branch\":\"main\",\"origin_url\":\"ssh://x\"}}")
                .then()
                .body("git_info.sha", equalTo("abc"));

        patch(id, "{\"git_info\":{\"branch\":null}}")
                .then()
                .statusCode(200)
                .body("git_info.sha", equalTo("abc"))
                .body("git_info", not(hasKey("branch")))
                .body("git_info.origin_url", equalTo("ssh://x"));
        patch(id, "{\"git_info\":null}").then().statusCode(200).body("$", not(hasKey("git_info")));

        var items = request().get(path(id) + "/items").asString();
        assertThat(items)
                .contains("\"git\":{\"commit_hash\":\"abc\",\"branch\":\"main\",\"repository_url\":\"ssh://x\"}")
                .contains("\"git\":{\"commit_hash\":\"abc\",\"repository_url\":\"ssh://x\"}")
                .contains("\"memory_mode\":\"enabled\",\"git\":{}}");
    }

    @Test
    void memoryModeKeepsTheGitInfo() {
        var id = aThread();
        patch(id, "{\"git_info\":{\"sha\":\"abc\"}}").then().statusCode(200);

        patch(id, "{\"memory_mode\":\"disabled\"}")
                .then()
                .body("memory_mode", equalTo("disabled"))
                .body("git_info.sha", equalTo("abc"));

        request()
                .get(path(id) + "/items?type=session_meta")
                .then()
                .body("items.ordinal", contains(0, 1, 2))
                .body("items[2].payload.memory_mode", equalTo("disabled"))
                .body("items[2].payload", not(hasKey("git")));
    }

    @Test
    void emptyPatchChangesNothing() {
        var id = aThread();
        var before = Rest.get(id);

        patch(id, "{}").then().statusCode(200);

        assertThat(Rest.get(id).asString()).isEqualTo(before.asString());
        assertThat(Rest.get(id).header("ETag")).isEqualTo(before.header("ETag"));
        request().get(path(id) + "/metadata-patches").then().body("patches", hasSize(0));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"name\":\"a\",\"memory_mode\":\"disabled\"}",
                "{\"name\":null,\"git_info\":null}",
                "{\"memory_mode\":\"enabled\",\"git_info\":{\"sha\":\"x\"}}",
                "{\"name\":\"a\",\"memory_mode\":\"enabled\",\"git_info\":{}}",
            })
    void twoFieldsAreRefused(String body) {
        var id = aThread();
        var before = Rest.get(id).asString();

        problem(patch(id, body), 400, "invalid_request");

        assertThat(Rest.get(id).asString()).isEqualTo(before);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {"name":""}                              | name
                    {"name":" \\t "}                         | name
                    {"name":7}                               | name
                    {"name":"\\ud800"}                       | name
                    {"name":"a\\u0000"}                      | name
                    {"memory_mode":null}                     | memory_mode
                    {"memory_mode":"off"}                    | memory_mode
                    {"memory_mode":true}                     | memory_mode
                    {"git_info":"main"}                      | git_info
                    {"git_info":{"sha":""}}                  | git_info.sha
                    {"git_info":{"branch":"\\udc00"}}        | git_info.branch
                    {"git_info":{"commit":"x"}}              | git_info.commit
                    {"title":"x"}                            | title
                    """)
    void faultyMembersAreNamedAndNothingIsWritten(String body, String field) {
        var id = aThread();

        problem(patch(id, body), 400, "invalid_request").body("errors[0].field", equalTo(field));

        assertThat(Rest.nextOrdinal(id)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "null", "\"x\"", "7", "", "{"})
    void bodiesThatAreNotObjectsAreRefused(String body) {
        problem(patch(aThread(), body), 400, "invalid_request");
    }

    @Test
    void nameMayHave500CharactersAndNoMore() {
        var id = aThread();
        var longest = "\uD83D\uDE00".repeat(500);

        patch(id, "{\"name\":\"" + longest + "\"}").then().statusCode(200).body("name", equalTo(longest));
        problem(patch(id, "{\"name\":\"" + longest + "x\"}"), 400, "invalid_request");
    }

    @Test
    void archivedThreadIsPatchedOnlyWhenAskedFor() {
        var id = aThread();
        var archivedAt = Rest.post(id, "archive").jsonPath().getString("archived_at");

        problem(patch(id, "{\"name\":\"x\"}"), 404, "thread_not_found");
        request()
                .contentType(Rest.JSON)
                .body("{\"name\":\"x\"}")
                .patch(path(id) + "?include_archived=true")
                .then()
                .statusCode(200)
                .body("name", equalTo("x"))
                .body("archived_at", equalTo(archivedAt));
    }

    @Test
    void patchesAreListedInPages() {
        var id = aThread();
        for (var i = 0; i < 5; i++) {
            patch(id, "{\"name\":\"n" + i + "\"}").then().statusCode(200);
        }

        var first = request()
                .get(path(id) + "/metadata-patches?limit=3")
                .then()
                .body("patches.value", contains("n0", "n1", "n2"));
        var cursor = first.extract().jsonPath().getString("next_cursor");
        request()
                .get(path(id) + "/metadata-patches?limit=3&cursor=" + cursor)
                .then()
                .body("patches.value", contains("n3", "n4"))
                .body("$", not(hasKey("next_cursor")));
        problem(request().get(path(aThread()) + "/metadata-patches?cursor=" + cursor), 400, "invalid_request");
        problem(request().get(path(UUID.randomUUID()) + "/metadata-patches"), 404, "thread_not_found");
    }
}
