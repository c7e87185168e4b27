package io.threadstore.rest;

import static io.threadstore.testsupport.Rest.json;
import static io.threadstore.testsupport.Rest.post;
import static io.threadstore.testsupport.Rest.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.junit.QuarkusTest;
import io.restassured.specification.RequestSpecification;
import io.threadstore.testsupport.Items;
import io.threadstore.testsupport.Rest;
import io.threadstore.testsupport.TestDatabase;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each test lists the threads of a working directory of its own, so that others' are not in the way. */
@QuarkusTest
class ListThreadsTest extends RestTest {

    final String cwd = "/list/" + UUID.randomUUID();

    @Test
    void newestComesFirstAndPagesFollowOneAnother() {
        var created = threads(7);

        var seen = new ArrayList<UUID>();
        String cursor = null;
        var pages = 0;
        do {
            var query = list().queryParam("limit", 3);
            var page = (cursor == null ? query : query.queryParam("cursor", cursor))
                    .get("/v1/threads")
                    .then()
                    .statusCode(200)
                    .extract()
                    .jsonPath();
            seen.addAll(page.getList("threads.thread_id", UUID.class));
            cursor = page.getString("next_cursor");
            pages++;
        } while (cursor != null);

        Collections.reverse(created);
        assertThat(seen).isEqualTo(created);
        assertThat(pages).isEqualTo(3);
    }

    @Test
    void threadsOfTheSameInstantAreOrderedByCreationBothWays() throws SQLException {
        var created = threads(5);
        try (var connection = TestDatabase.connect();
                var statement = connection.prepareStatement("UPDATE thread SET created_at = 1000 WHERE cwd = ?")) {
            statement.setString(1, cwd);
            assertThat(statement.executeUpdate()).isEqualTo(5);
        }

        assertThat(walk("asc", 2)).isEqualTo(created);
        Collections.reverse(created);
        assertThat(walk("desc", 2)).isEqualTo(created);
    }

    @ParameterizedTest
    @ValueSource(strings = {"created_at", "updated_at"})
    void aPageReadsNoMoreRowsThanItShows(String sort) throws SQLException {
        threads(1);
        try (var connection = TestDatabase.connect();
                var statement = connection.prepareStatement("""
                        INSERT INTO thread (tenant, thread_id, state, epoch, version, next_ordinal, item_count, byte_count, persistence_mode,
                          created_at, updated_at, materialized_at, source_kind, memory_mode, cwd)
                        SELECT tenant, UUID(), 'ACTIVE', 1, 1, 0, 0, 0, 'LIMITED', 2000 + seq, 2000 + seq, 2000, 'CLI', 'ENABLED', CONCAT(cwd, '/many')
                        FROM thread, seq_1_to_2000 WHERE cwd = ?
                        """)) {
            statement.setString(1, cwd);
            assertThat(statement.executeUpdate()).isEqualTo(2000);
        }
        var query = "/v1/threads?limit=20&order=asc&sort=" + sort;
        var cursor = request().get(query).then().extract().jsonPath().getString("next_cursor");

        for (var path : List.of(query, query + "&cursor=" + cursor)) {
            var before = rowsRead();
            assertThat(request().get(path).jsonPath().getList("threads")).hasSize(20);
            // one more, to see whether there is a next page
            assertThat(rowsRead() - before).isBetween(20L, 2 * 21L + 10);
        }
        try (var connection = TestDatabase.connect();
                var statement = connection.prepareStatement("DELETE FROM thread WHERE cwd = CONCAT(?, '/many')")) {
            statement.setString(1, cwd);
            assertThat(statement.executeUpdate()).isEqualTo(2000);
        }
    }

    /** By the whole server, so far. */
    private static long rowsRead() throws SQLException {
        try (var connection = TestDatabase.connect();
                var statement = connection.createStatement();
                var row = statement.executeQuery(
                        "SELECT SUM(variable_value) FROM information_schema.global_status WHERE variable_name LIKE 'HANDLER_READ%'"
                                + " AND variable_name NOT LIKE '%RND%'")) {
            assertThat(row.next()).isTrue();
            return row.getLong(1);
        }
    }

    @Test
    void updatedAtMovesWithAppendsPatchesAndUnarchive() {
        var created = threads(4);
        Rest.append(created.get(0), Items.userMessage("x")).then().statusCode(200);
        Rest.patch(created.get(1), "{\"name\":\"x\"}").then().statusCode(200);
        post(created.get(2), "archive");
        post(created.get(2), "unarchive");

        assertThat(ids(list().queryParam("sort", "updated_at")))
                .containsExactly(created.get(2), created.get(1), created.get(0), created.get(3));
    }

    @Test
    void activeAndArchivedThreadsAreNeverListedTogether() {
        var created = threads(2);
        post(created.get(0), "archive").then().statusCode(200);

        assertThat(ids(list())).containsExactly(created.get(1));
        assertThat(ids(list().queryParam("archived", false))).containsExactly(created.get(1));
        assertThat(ids(list().queryParam("archived", true))).containsExactly(created.get(0));
    }

    @Test
    void lazyThreadsAreNotListed() {
        create("\"lazy\":true,", "{\"kind\":\"cli\"}");

        assertThat(ids(list())).isEmpty();
        assertThat(ids(list().queryParam("archived", true))).isEmpty();
    }

    @Test
    void filtersMayBeRepeatedAndAreCombined() {
        var cli = create("\"model_provider\":\"a\",", "{\"kind\":\"cli\"}");
        var exec = create("\"model_provider\":\"b\",", "{\"kind\":\"exec\"}");
        var vscode = create("", "{\"kind\":\"vscode\"}");

        assertThat(ids(list().queryParam("source", "cli"))).containsExactly(cli);
        assertThat(ids(list().queryParam("source", "cli", "exec"))).containsExactly(exec, cli);
        assertThat(ids(list().queryParam("model_provider", "a", "b"))).containsExactly(exec, cli);
        assertThat(ids(list().queryParam("model_provider", "openai"))).containsExactly(vscode);
        assertThat(ids(list().queryParam("source", "cli").queryParam("model_provider", "b")))
                .isEmpty();
        assertThat(ids(request().queryParam("cwd", cwd + " "))).isEmpty();
        assertThat(ids(request().queryParam("cwd", cwd, "/nowhere"))).hasSize(3);
    }

    @Test
    void lineageIsAFilter() {
        var parent = UUID.randomUUID();
        var child = create("\"parent_thread_id\":\"" + parent + "\",", "{\"kind\":\"cli\"}");
        var fork = create("\"forked_from_id\":\"" + parent + "\",", "{\"kind\":\"cli\"}");

        assertThat(ids(list().queryParam("parent_thread_id", parent))).containsExactly(child);
        assertThat(ids(list().queryParam("forked_from_id", parent))).containsExactly(fork);
    }

    @Test
    void searchFindsPartsOfNameAndPreviewInAnyCaseAndTakesWildcardsLiterally() {
        var named = create("\"name\":\"Élan 100% _sure_ \\\\o/ a!b\",", "{\"kind\":\"cli\"}");
        var asked = create("", "{\"kind\":\"cli\"}");
        Rest.append(asked, Items.userMessage("Fix the PARSER please")).then().statusCode(200);

        assertThat(ids(list().queryParam("search", "parser"))).containsExactly(asked);
        assertThat(ids(list().queryParam("search", "élan"))).containsExactly(named);
        assertThat(ids(list().queryParam("search", "100%"))).containsExactly(named);
        assertThat(ids(list().queryParam("search", "_SURE_"))).containsExactly(named);
        assertThat(ids(list().queryParam("search", "\\o/"))).containsExactly(named);
        assertThat(ids(list().queryParam("search", "a!b"))).containsExactly(named);
        assertThat(ids(list().queryParam("search", "1%0"))).isEmpty();
        assertThat(ids(list().queryParam("search", "s_re"))).isEmpty();
        assertThat(ids(list().queryParam("search", ""))).hasSize(2);
    }

    @Test
    void longFirstMessagesAreCut() {
        var id = create("", "{\"kind\":\"cli\"}");
        Rest.append(id, Items.userMessage("\uD83D\uDE00".repeat(700_000)))
                .then()
                .statusCode(200);

        var preview = Rest.get(id).jsonPath().getString("preview");
        assertThat(preview.codePointCount(0, preview.length())).isEqualTo(2000);
    }

    @Test
    void rareMatchesAreFoundOverSeveralRequests() throws SQLException {
        // more rows than one request looks at, in one statement; the match is the oldest of them
        var oldest = create("", "{\"kind\":\"cli\"}");
        var filler = "filler-" + UUID.randomUUID();
        try (var connection = TestDatabase.connect();
                var statement = connection.createStatement()) {
            statement.executeUpdate("UPDATE thread SET created_at = 1 WHERE thread_id = '" + oldest + "'");
            statement.executeUpdate("""
                    INSERT INTO thread (tenant, thread_id, state, epoch, version, next_ordinal, item_count, byte_count,
                      persistence_mode, created_at, updated_at, materialized_at, source_kind, memory_mode, originator)
                    SELECT 'default', UUID(), 'ACTIVE', 1, 1, 1, 1, 1, 'LIMITED', 2, 2, 2, 'CLI', 'ENABLED', '%s'
                    FROM seq_1_to_12000
                    """.formatted(filler));
        }
        try {
            var first =
                    list().get("/v1/threads").then().statusCode(200).extract().jsonPath();
            var cursor = first.getString("next_cursor");
            var found = new ArrayList<>(first.getList("threads.thread_id", UUID.class));
            for (var requests = 1; cursor != null && requests < 10; requests++) {
                var page = list().queryParam("cursor", cursor)
                        .get("/v1/threads")
                        .then()
                        .statusCode(200)
                        .extract()
                        .jsonPath();
                found.addAll(page.getList("threads.thread_id", UUID.class));
                cursor = page.getString("next_cursor");
            }
            assertThat(first.getList("threads")).isEmpty();
            assertThat(found).containsExactly(oldest);
        } finally {
            try (var connection = TestDatabase.connect();
                    var statement = connection.createStatement()) {
                statement.executeUpdate("DELETE FROM thread WHERE originator = '" + filler + "'");
            }
        }
    }

    @Test
    void cursorOfAnotherQueryIsRefused() {
        threads(3);
        var cursor = list().queryParam("limit", 1).get("/v1/threads").jsonPath().getString("next_cursor");

        for (var query : List.of(
                list().queryParam("order", "asc"),
                list().queryParam("sort", "updated_at"),
                list().queryParam("archived", true),
                list().queryParam("source", "cli"),
                request())) {
            problem(query.queryParam("cursor", cursor).get("/v1/threads"), 400, "invalid_request")
                    .body("errors[0].field", equalTo("cursor"));
        }
        list().queryParam("limit", 50)
                .queryParam("cursor", cursor)
                .get("/v1/threads")
                .then()
                .statusCode(200);
        problem(list().queryParam("cursor", "bogus").get("/v1/threads"), 400, "invalid_request");
        problem(list().queryParam("cursor", "%%%").get("/v1/threads"), 400, "invalid_request");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "limit=0",
                "limit=201",
                "limit=-1",
                "limit=many",
                "sort=name",
                "order=down",
                "archived=perhaps",
                "source=robot",
                "parent_thread_id=x",
                "forked_from_id=x",
            })
    void parametersOutOfRangeAreRefused(String query) {
        problem(request().get("/v1/threads?" + query), 400, "invalid_request")
                .body("errors[0].field", equalTo(query.substring(0, query.indexOf('='))));
    }

    @Test
    void listIsOneRangeOfAnIndexWithoutASort() throws SQLException {
        try (var connection = TestDatabase.connect();
                var statement = connection.createStatement();
                var plan = statement.executeQuery("""
                        EXPLAIN SELECT * FROM thread FORCE INDEX (ix_thread_created) WHERE tenant = 'default' AND state = 'ACTIVE'
                        AND (created_at < 5000 OR (created_at = 5000 AND thread_key < 7))
                        ORDER BY created_at DESC, thread_key DESC LIMIT 26
                        """)) {
            plan.next();
            assertThat(plan.getString("type")).isEqualTo("range");
            assertThat(plan.getString("key")).isEqualTo("ix_thread_created");
            assertThat(plan.getString("Extra")).doesNotContain("filesort");
        }
    }

    @Test
    void pageOfLongTexts_endsAtItsBound_andTheNextGoesOn() throws SQLException {
        var created = threads(30);
        var json = "\"" + "x".repeat(60_000) + "\"";
        var changed = TestDatabase.update(
                "UPDATE thread SET approval_mode = ?, sandbox_policy = ?, token_usage = ? WHERE cwd = ?",
                json,
                json,
                json,
                cwd);
        assertThat(changed).isEqualTo(30);

        var seen = new ArrayList<UUID>();
        String cursor = null;
        do {
            var query = list().queryParam("limit", 200).queryParam("order", "asc");
            var response = (cursor == null ? query : query.queryParam("cursor", cursor)).get("/v1/threads");
            assertThat(response.asByteArray().length).isLessThan(2 * 1024 * 1024);
            var page = response.then().statusCode(200).extract().jsonPath();
            assertThat(page.getList("threads")).isNotEmpty();
            seen.addAll(page.getList("threads.thread_id", UUID.class));
            cursor = page.getString("next_cursor");
        } while (cursor != null);

        assertThat(seen).isEqualTo(created);
    }

    @Test
    void pageOfManyThreads_isFull() throws SQLException {
        threads(1);
        fill(300, "'a'", "'b'");
        try {
            var page = list().queryParam("limit", 200)
                    .get("/v1/threads")
                    .then()
                    .statusCode(200)
                    .extract()
                    .jsonPath();

            assertThat(page.getList("threads")).hasSize(200);
            assertThat(walk("asc", 200)).doesNotHaveDuplicates().hasSize(301);
        } finally {
            clear();
        }
    }

    @Test
    void searchTermOfMoreThan200Characters_isRejected() {
        var longest = "\uD83D\uDE00".repeat(200);
        request().queryParam("search", longest).get("/v1/threads").then().statusCode(200);

        problem(request().queryParam("search", longest + "x").get("/v1/threads"), 400, "invalid_request")
                .body("errors[0].field", equalTo("search"));
    }

    /** With {@code LIKE} on characters this took 42 s, far beyond the limit of a query. */
    @Test
    void searchThatNearlyMatchesEverywhere_isAnswered() throws SQLException {
        threads(1);
        fill(9000, "REPEAT('a', 500)", "REPEAT('a', 2000)");
        try {
            for (var term : List.of("a".repeat(199) + "b", "A".repeat(100) + "%" + "a".repeat(99))) {
                assertThat(ids(list().queryParam("search", term))).isEmpty();
            }
            assertThat(ids(list().queryParam("search", "A".repeat(200)))).hasSize(25);
        } finally {
            clear();
        }
    }

    private void fill(int count, String name, String message) throws SQLException {
        var filled = TestDatabase.update("""
                INSERT INTO thread (tenant, thread_id, state, epoch, version, next_ordinal, item_count, byte_count, persistence_mode,
                  created_at, updated_at, materialized_at, source_kind, memory_mode, cwd, originator, name, first_user_message)
                SELECT tenant, UUID(), 'ACTIVE', 1, 1, 0, 0, 0, 'LIMITED', created_at, created_at, 2000, 'CLI', 'ENABLED', cwd, 'filler', %s, %s
                FROM thread, seq_1_to_%d WHERE cwd = ?
                """.formatted(name, message, count), cwd);
        assertThat(filled).isEqualTo(count);
    }

    private void clear() throws SQLException {
        TestDatabase.update("DELETE FROM thread WHERE cwd = ? AND originator = 'filler'", cwd);
    }

    private List<UUID> threads(int count) {
        var created = new ArrayList<UUID>();
        for (var i = 0; i < count; i++) {
            created.add(create("", "{\"kind\":\"cli\"}"));
        }
        return created;
    }

    private UUID create(String members, String source) {
        return UUID.fromString(json("{" + members + "\"source\":" + source + ",\"cwd\":\"" + cwd + "\"}")
                .post("/v1/threads")
                .then()
                .statusCode(201)
                .extract()
                .jsonPath()
                .getString("thread_id"));
    }

    private RequestSpecification list() {
        return request().queryParam("cwd", cwd);
    }

    private List<UUID> walk(String order, int limit) {
        var seen = new ArrayList<UUID>();
        String cursor = null;
        do {
            var query = list().queryParam("limit", limit).queryParam("order", order);
            var page = (cursor == null ? query : query.queryParam("cursor", cursor))
                    .get("/v1/threads")
                    .jsonPath();
            seen.addAll(page.getList("threads.thread_id", UUID.class));
            cursor = page.getString("next_cursor");
        } while (cursor != null);
        return seen;
    }

    private static List<UUID> ids(RequestSpecification query) {
        return query.get("/v1/threads")
                .then()
                .statusCode(200)
                .extract()
                .jsonPath()
                .getList("threads.thread_id", UUID.class);
    }
}
