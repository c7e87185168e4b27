package io.threadstore.rest;

import static io.threadstore.testsupport.Rest.aLazyThread;
import static io.threadstore.testsupport.Rest.aThread;
import static io.threadstore.testsupport.Rest.append;
import static io.threadstore.testsupport.Rest.importRollout;
import static io.threadstore.testsupport.Rest.patch;
import static io.threadstore.testsupport.Rest.path;
import static io.threadstore.testsupport.Rest.post;
import static io.threadstore.testsupport.Rest.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.threadstore.testsupport.Items;
import io.threadstore.testsupport.Rest;
import io.threadstore.testsupport.TestDatabase;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Damage is done past the service, to one thread each; all other threads must be found sound, whatever was done to them. */
@QuarkusTest
class VerificationTest extends RestTest {

    private static final String TOKENS =
            Items.event("token_count", "\"info\":{\"total_token_usage\":{\"total_tokens\":7}},\"rate_limits\":null");

    @Test
    void whatEveryOperationLeavesIsSound() {
        var id = aThread("\"name\":\"named\",\"memory_mode\":\"disabled\",");
        verified(id).body("items", equalTo(2));

        append(id, Items.userMessage("mend it"), Items.agentMessage("mended"), TOKENS);
        append(
                id,
                "{\"type\":\"turn_context\",\"payload\":{\"cwd\":\"/x\",\"model\":\"m\",\"effort\":\"high\","
                        + "\"approval_policy\":\"never\",\"sandbox_policy\":{\"type\":\"read-only\"}}}");
        patch(id, "{\"name\":\"renamed\"}").then().statusCode(200);
        patch(id, "{\"git_info\":{\"sha\":\"abc\",\"branch\":\"main\"}}").then().statusCode(200);
        patch(id, "{\"git_info\":{\"branch\":null}}").then().statusCode(200);
        patch(id, "{\"memory_mode\":\"enabled\"}").then().statusCode(200);
        patch(id, "{\"name\":null}").then().statusCode(200);
        post(id, "archive").then().statusCode(200);

        verified(id)
                .body("thread_id", equalTo(id.toString()))
                .body("items", equalTo(11))
                .body("items_without_checksum", equalTo(0))
                .body("differences", empty())
                .body("not_derivable", hasItems("updated_at", "state", "epoch"))
                .body("not_derivable", not(hasItem("name")));
        var thread = request().get(path(id) + "?include_archived=true").jsonPath();
        assertThat(request().get(path(id) + "/verification").jsonPath().getLong("bytes"))
                .isEqualTo(thread.getLong("byte_count"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void importedAndMaterialisedThreadsAreSound(boolean again) {
        importRollout(Items.ROLLOUT, Items.rolloutFile(Items.ROLLOUT));
        importRollout(Items.FORK, Items.rolloutFile(Items.FORK));
        if (again) {
            patch(Items.FORK, "{\"name\":\"a fork\"}").then().statusCode(200);
        }
        verified(Items.ROLLOUT);
        verified(Items.FORK);

        var lazy = aLazyThread();
        append(lazy, Items.userMessage("x")).then().statusCode(200);
        request().get(path(lazy) + "/verification").then().statusCode(404);
        post(lazy, "writer/persist").then().statusCode(200);
        verified(lazy).body("items", equalTo(2));
    }

    /** The session_meta that waits becomes item 0: nothing is learnt that is not stored. */
    @Test
    void lazyThread_onceMaterialised_isComparedWhole() throws SQLException {
        var lazy = UUID.randomUUID();
        Rest.create(lazy, "\"lazy\":true,\"name\":\"named\",\"model_provider\":\"fake\",")
                .then()
                .statusCode(201);
        append(lazy, Items.userMessage("x")).then().statusCode(200);
        post(lazy, "writer/persist").then().statusCode(200);
        verified(lazy).body("not_derivable", not(hasItem("name"))).body("not_derivable", not(hasItem("cwd")));

        var withoutProvider = aLazyThread();
        append(withoutProvider, Items.userMessage("x")).then().statusCode(200);
        post(withoutProvider, "writer/persist").then().statusCode(200);
        verified(withoutProvider).body("not_derivable", not(hasItem("model_provider")));

        change(lazy, "UPDATE thread SET cwd = '/other' WHERE thread_key =");
        unsound(lazy, 1).body("differences.field", contains("cwd"));
    }

    /** What equals what the items say was compared, also where an event that is not stored might have changed it. */
    @Test
    void unstoredUpdate_ofSomeParts_leavesTheOthersComparable() {
        var id = aThread();
        append(id, Items.event("session_configured", "\"model\":\"m\"")).then().statusCode(200);

        verified(id).body("not_derivable", hasItem("model")).body("not_derivable", not(hasItem("name")));
    }

    @Test
    void whatAnEventHasTaughtThatIsNotStoredIsNotDerivable() {
        var id = aThread();
        append(id, Items.event("session_configured", "\"model\":\"m\",\"thread_name\":\"taught\",\"cwd\":\"/taught\""))
                .then()
                .statusCode(200)
                .body("dropped", equalTo(1));

        verified(id)
                .body("not_derivable", hasItems("name", "model"))
                // the event does not change a directory that is known: it is compared
                .body("not_derivable", not(hasItem("cwd")))
                .body("items", equalTo(1));
        Rest.get(id).then().body("name", equalTo("taught"));
    }

    @Test
    void aBitThatChangedIsFound() throws SQLException {
        var id = aThread();
        append(id, Items.agentMessage("aaaa"), Items.agentMessage("bbbb"))
                .then()
                .statusCode(200);
        change(id, "UPDATE rollout_item SET item = REPLACE(item, 'bbbb', 'bbbc') WHERE ordinal = 2 AND thread_key =");

        unsound(id, 1)
                .body("differences.kind", contains("item_checksum"))
                .body("differences.ordinal", contains(2))
                .body("items", equalTo(3));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "DELETE FROM rollout_item WHERE ordinal = 1 AND thread_key = | item_missing | 1 |",
                "DELETE FROM rollout_item WHERE ordinal = 3 AND thread_key = | item_missing | 3 |",
                "UPDATE rollout_item SET type = 'other' WHERE ordinal = 2 AND thread_key = | item_field | 2 | type",
                "UPDATE rollout_item SET subtype = NULL WHERE ordinal = 2 AND thread_key = | item_field | 2 | subtype",
                "UPDATE rollout_item SET byte_length = 1 WHERE ordinal = 2 AND thread_key = | item_field | 2 | byte_length",
                "UPDATE rollout_item SET payload_offset = 1 WHERE ordinal = 2 AND thread_key = | item_field | 2 | payload_offset",
                "UPDATE rollout_item SET ordinal = 9 WHERE ordinal = 3 AND thread_key = | item_beyond_end | 9 |",
                "UPDATE rollout_item SET item = '{' WHERE ordinal = 2 AND thread_key = | item_unreadable | 2 |",
                "UPDATE thread SET name = 'other' WHERE thread_key = | thread_field | | name",
                "UPDATE thread SET first_user_message = NULL WHERE thread_key = | thread_field | | first_user_message",
                "UPDATE thread SET git_branch = 'x' WHERE thread_key = | thread_field | | git_info",
                "UPDATE thread SET memory_mode = 'DISABLED' WHERE thread_key = | thread_field | | memory_mode",
                "UPDATE thread SET token_usage = '{}' WHERE thread_key = | thread_field | | token_usage",
                "UPDATE thread SET source_kind = 'EXEC' WHERE thread_key = | thread_field | | source",
                "UPDATE thread SET cwd = '/x' WHERE thread_key = | thread_field | | cwd",
                "UPDATE thread SET item_count = 5 WHERE thread_key = | thread_field | | item_count",
                "UPDATE thread SET byte_count = byte_count + 1 WHERE thread_key = | thread_field | | byte_count",
                "UPDATE thread SET next_ordinal = 5 WHERE thread_key = | item_missing | 4 |",
                "UPDATE metadata_patch SET ordinal = 77 WHERE thread_key = | patch_without_item | 77 |",
                "UPDATE live_writer SET epoch = 5 WHERE thread_key = | writer_epoch | | epoch",
            })
    void eachKindOfDamageIsFound(String damage, String kind, Integer ordinal, String field) throws SQLException {
        var id = aThread();
        append(id, Items.userMessage("ask"), TOKENS).then().statusCode(200);
        patch(id, "{\"name\":\"named\"}").then().statusCode(200);
        verified(id).body("items", equalTo(4));
        change(id, damage);

        var found =
                request().get(path(id) + "/verification").then().statusCode(200).body("sound", equalTo(false));
        List<String> kinds = found.extract().jsonPath().getList("differences.kind");
        var at = kinds.indexOf(kind);
        assertThat(at).as("of %s", kinds).isNotNegative();
        found.body("differences[" + at + "].ordinal", ordinal == null ? nullValue() : equalTo(ordinal))
                .body("differences[" + at + "].field", field == null ? nullValue() : equalTo(field))
                .body("difference_count", equalTo(kinds.size()));
    }

    @Test
    void itemsOfBeforeThereWereChecksumsAreCounted() throws SQLException {
        var id = aThread();
        append(id, Items.agentMessage("a"), Items.agentMessage("b")).then().statusCode(200);
        change(id, "UPDATE rollout_item SET checksum = NULL WHERE ordinal < 2 AND thread_key =");

        verified(id).body("items", equalTo(3)).body("items_without_checksum", equalTo(2));
    }

    @Test
    void manyDifferencesAreCountedAndTheFirstTold() throws SQLException {
        var id = aThread();
        change(id, "UPDATE thread SET next_ordinal = 1000000, item_count = 1000000 WHERE thread_key =");

        unsound(id, 1_000_000).body("differences", hasSize(100)).body("differences[0].ordinal", equalTo(1));
    }

    @Test
    void operatorsWalkThroughAllThreads() throws SQLException {
        var sound = aThread();
        var damaged = aThread();
        var archived = aThread();
        post(archived, "archive").then().statusCode(200);
        change(damaged, "UPDATE thread SET item_count = 7 WHERE thread_key =");
        change(archived, "UPDATE thread SET item_count = 8 WHERE thread_key =");

        var unsound = new ArrayList<UUID>();
        var verified = 0;
        String cursor = null;
        do {
            var query = request().queryParam("limit", 50);
            var page = (cursor == null ? query : query.queryParam("cursor", cursor))
                    .get("/v1/verification")
                    .then()
                    .statusCode(200)
                    .extract()
                    .jsonPath();
            assertThat(page.getInt("verified")).isBetween(0, 50);
            verified += page.getInt("verified");
            unsound.addAll(page.getList("unsound.thread_id", UUID.class));
            cursor = page.getString("next_cursor");
        } while (cursor != null);

        assertThat(unsound).contains(damaged, archived).doesNotContain(sound).doesNotHaveDuplicates();
        var listed = 0;
        try (var connection = TestDatabase.connect();
                var statement = connection.createStatement();
                var row = statement.executeQuery(
                        "SELECT COUNT(*) FROM thread WHERE tenant = 'default' AND state <> 'LAZY'")) {
            assertThat(row.next()).isTrue();
            listed = row.getInt(1);
        }
        assertThat(verified).isEqualTo(listed);
    }

    @Test
    void aThreadThatIsBeingWrittenToIsSound() {
        var id = aThread();
        var writing = CompletableFuture.runAsync(() -> {
            for (var i = 0; i < 100; i++) {
                append(id, Items.agentMessage("m" + i), Items.userMessage("u" + i), TOKENS);
                if (i % 10 == 0) {
                    patch(id, "{\"name\":\"n" + i + "\"}");
                }
            }
        });
        do {
            verified(id);
        } while (!writing.isDone());
        writing.join();
        verified(id).body("items", equalTo(1 + 300 + 10));
    }

    @Test
    void unknownThreadsAndForeignCursorsAreRefused() {
        problem(request().get(path(UUID.randomUUID()) + "/verification"), 404, "thread_not_found");
        problem(request().get("/v1/verification?cursor=x"), 400, "invalid_request");
        problem(request().get("/v1/verification?limit=0"), 400, "invalid_request");
        problem(request().post("/v1/verification"), 405, "method_not_allowed");
    }

    private static ValidatableResponse verified(UUID id) {
        return request()
                .get(path(id) + "/verification")
                .then()
                .statusCode(200)
                .body("differences", empty())
                .body("difference_count", equalTo(0))
                .body("sound", equalTo(true));
    }

    private static ValidatableResponse unsound(UUID id, int differences) {
        return request()
                .get(path(id) + "/verification")
                .then()
                .statusCode(200)
                .body("sound", equalTo(false))
                .body("difference_count", equalTo(differences));
    }

    /** Changes something of the thread past the service. */
    private static void change(UUID id, String sql) throws SQLException {
        try (var connection = TestDatabase.connect();
                var statement = connection.prepareStatement(
                        sql + " (SELECT k FROM (SELECT thread_key AS k FROM thread WHERE thread_id = ?) of_it)")) {
            statement.setString(1, id.toString());
            assertThat(statement.executeUpdate()).isPositive();
        }
    }
}
