package io.threadstore.rest;

import static io.threadstore.testsupport.Rest.aThread;
import static io.threadstore.testsupport.Rest.append;
import static io.threadstore.testsupport.Rest.appendAt;
import static io.threadstore.testsupport.Rest.json;
import static io.threadstore.testsupport.Rest.ndjson;
import static io.threadstore.testsupport.Rest.nextOrdinal;
import static io.threadstore.testsupport.Rest.path;
import static io.threadstore.testsupport.Rest.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.not;

import io.quarkus.test.junit.QuarkusTest;
import io.threadstore.testsupport.Items;
import io.threadstore.testsupport.Rest;
import io.threadstore.testsupport.TestDatabase;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
class ItemsResourceTest extends RestTest {

    @Test
    void appendSaysWhereItemsWent() {
        var id = aThread();

        append(id, Items.userMessage("a"), Items.event("warning", ""), Items.agentMessage("b"))
                .then()
                .statusCode(200)
                .body("first_ordinal", equalTo(1))
                .body("next_ordinal", equalTo(3))
                .body("appended", equalTo(2))
                .body("dropped", equalTo(1))
                .body("replayed", equalTo(false));
    }

    @Test
    void sameItemsAtTheSameOrdinalAreAReplay() {
        var id = aThread();
        var items = new String[] {Items.userMessage("a"), Items.event("warning", ""), Items.agentMessage("b")};
        appendAt(id, 1, items).then().statusCode(200).body("next_ordinal", equalTo(3));
        append(id, Items.userMessage("later")).then().statusCode(200);

        appendAt(id, 1, items)
                .then()
                .statusCode(200)
                .body("first_ordinal", equalTo(1))
                .body("next_ordinal", equalTo(3))
                .body("appended", equalTo(0))
                .body("dropped", equalTo(1))
                .body("replayed", equalTo(true));
        assertThat(nextOrdinal(id)).isEqualTo(4);
    }

    @Test
    void otherItemsAtTheSameOrdinalAreAConflict() {
        var id = aThread();
        append(id, Items.userMessage("a"), Items.userMessage("b")).then().statusCode(200);

        problem(appendAt(id, 1, Items.userMessage("x")), 409, "ordinal_conflict")
                .body("next_ordinal", equalTo(3))
                .body("expected_ordinal", equalTo(1));
        // a partial match, one that reaches beyond the end, one that lies ahead
        problem(appendAt(id, 1, Items.userMessage("a"), Items.userMessage("x")), 409, "ordinal_conflict");
        problem(appendAt(id, 2, Items.userMessage("b"), Items.userMessage("c")), 409, "ordinal_conflict");
        problem(appendAt(id, 4, Items.userMessage("x")), 409, "ordinal_conflict");
        assertThat(nextOrdinal(id)).isEqualTo(3);
    }

    @Test
    void appendThatKeepsNothingNeverConflicts() {
        var id = aThread();

        json("{\"items\":[],\"expected_ordinal\":null}")
                .post(path(id) + "/items")
                .then()
                .statusCode(200);
        append(id)
                .then()
                .statusCode(200)
                .body("$", not(hasKey("first_ordinal")))
                .body("next_ordinal", equalTo(1))
                .body("appended", equalTo(0));
        appendAt(id, 99, Items.event("warning", ""))
                .then()
                .statusCode(200)
                .body("next_ordinal", equalTo(1))
                .body("dropped", equalTo(1));
        problem(append(UUID.randomUUID(), Items.event("warning", "")), 404, "thread_not_found");
    }

    @Test
    void droppedEventsTeachTheSummary() {
        var id = aThread();
        append(
                        id,
                        Items.event(
                                "session_configured",
                                "\"session_id\":\"" + id
                                        + "\",\"model\":\"gpt-5\",\"reasoning_effort\":\"high\",\"approval_policy\":\"never\""),
                        Items.event("thread_name_updated", "\"thread_id\":\"" + id + "\",\"thread_name\":\"learnt\""))
                .then()
                .statusCode(200)
                .body("dropped", equalTo(2));

        Rest.get(id)
                .then()
                .body("name", equalTo("learnt"))
                .body("model", equalTo("gpt-5"))
                .body("reasoning_effort", equalTo("high"))
                .body("approval_mode", equalTo("never"))
                .body("item_count", equalTo(1));
    }

    @Test
    void ndjsonIsTakenAndSent() {
        var id = aThread();
        var first = "  " + Items.userMessage("a") + " ";

        ndjson(first + "\r\n\n \n" + Items.agentMessage("b"))
                .post(path(id) + "/items?expected_ordinal=1")
                .then()
                .statusCode(200)
                .body("appended", equalTo(2));

        var lines = request()
                .accept(Rest.NDJSON)
                .get(path(id) + "/history")
                .asString()
                .split("\n");
        assertThat(lines).hasSize(3);
        assertThat(lines[2])
                .startsWith("{\"ordinal\":2,\"recorded_at\":\"")
                .endsWith("\"payload\":{\"type\":\"agent_message\",\"message\":\"b\"}}");
        ndjson(first + "\r\n" + Items.agentMessage("b"))
                .post(path(id) + "/items?expected_ordinal=1")
                .then()
                .body("replayed", equalTo(true));
    }

    @Test
    void brokenLineInTheMiddleOfAThousandIsNamedAndNothingIsWritten() {
        var id = aThread();
        var lines = IntStream.rangeClosed(1, 1000)
                .mapToObj(n -> n == 517 ? "{\"type\":\"event_msg\",\"payload\":{" : Items.userMessage("m" + n))
                .collect(Collectors.joining("\n"));

        problem(ndjson(lines).post(path(id) + "/items"), 400, "invalid_request")
                .body("line", equalTo(517))
                .body("detail", containsString("line 517"));

        assertThat(nextOrdinal(id)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "7",
                "null",
                "\"text\"",
                "[]",
                "{}",
                "{\"type\":\"x\"}",
                "{\"payload\":{}}",
                "{\"type\":7,\"payload\":{}}",
                "{\"type\":\"x\",\"payload\":[]}",
                "{\"type\":\"x\",\"payload\":null}",
            })
    void whatIsNotAnItemIsRefused(String item) {
        var id = aThread();

        problem(append(id, Items.userMessage("ok"), item), 400, "invalid_request")
                .body("errors[0].field", equalTo("items[1]"));
        problem(ndjson(Items.userMessage("ok") + "\n" + item).post(path(id) + "/items"), 400, "invalid_request")
                .body("line", equalTo(2));

        assertThat(nextOrdinal(id)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"items\":null}",
                "{\"items\":{}}",
                "{\"items\":[],\"more\":1}",
                "{\"items\":[],\"expected_ordinal\":-1}",
                "{\"items\":[],\"expected_ordinal\":\"1\"}",
                "{\"items\":[],\"items\":[]}",
                "{\"items\":[]",
                "",
            })
    void brokenAppendBodiesAreRefused(String body) {
        problem(json(body).post(path(aThread()) + "/items"), 400, "invalid_request");
    }

    @Test
    void textThatIsNotUtf8IsRefused() {
        var id = aThread();
        for (var bytes :
                new byte[][] {{(byte) 0xC0, (byte) 0x80}, {(byte) 0xED, (byte) 0xA0, (byte) 0x80}, {(byte) 0xFF}}) {
            var item = Items.userMessage("?").getBytes(StandardCharsets.ISO_8859_1);
            var broken = new String(item, StandardCharsets.ISO_8859_1)
                    .replace("?", new String(bytes, StandardCharsets.ISO_8859_1))
                    .getBytes(StandardCharsets.ISO_8859_1);
            problem(request().contentType(Rest.NDJSON).body(broken).post(path(id) + "/items"), 400, "invalid_request")
                    .body("line", equalTo(1));
        }
        assertThat(nextOrdinal(id)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"a\":\"\\ud800\",\"b\":\"\\u0000\",\"c\":\"\\uDFFF\\ud83d\"}",
                "{\"n\":[1.0,1.10,1e3,1E+3,-0,-0.0,9223372036854775808,0.1e-400,123456789012345678901234567890.5]}",
                "{\"b\":1,\"a\":2,\"b\":3,\"\":{\"\":[]},\"/\":\"\\/\\b\\f\\n\\r\\t\\\"\\\\\"}",
                "{ \"spaces\" :\t[ 1 , 2 ]\t, \"x\":{ } }",
                "{\"\\u0061\":\"ü✓😀\u2028\",\"type\":\"later_type\",\"type\":7}",
            })
    void payloadsComeOutByteForByte(String payload) {
        var id = aThread();
        var item = "{\"extra\":1,\"payload\":" + payload + ",\"type\":\"response_item\",\"timestamp\":\"x\"}";
        append(id, item).then().statusCode(200).body("appended", equalTo(1));

        assertThat(request().get(path(id) + "/items?after=0").asString())
                .contains("\"type\":\"response_item\",\"payload\":" + payload + "}],\"has_more\":false}");
        assertThat(new String(Rest.export(id), StandardCharsets.UTF_8)).endsWith("\n" + item + "\n");
    }

    @Test
    void itemsWithLineFeedsAreOneLineInNdjsonAndInTheRolloutFile() {
        var id = aThread();
        var item = "{\n\"type\":\"x\",\r\n \"payload\":{\n\"a\":\"\\n\"}\n}";
        append(id, item).then().statusCode(200);

        var lines = request()
                .accept(Rest.NDJSON)
                .get(path(id) + "/history")
                .asString()
                .split("\n");
        assertThat(lines).hasSize(2);
        assertThat(lines[1]).endsWith("\"type\":\"x\",\"payload\":{ \"a\":\"\\n\"}}");
        var exported = Rest.export(id);
        assertThat(new String(exported, StandardCharsets.UTF_8).split("\n")).hasSize(2);
        Rest.post(id, "writer/shutdown").then().statusCode(200);
        Rest.importRollout(id, exported)
                .then()
                .statusCode(200)
                .body("appended", equalTo(0))
                .body("replayed", equalTo(2));
        assertThat(request().get(path(id) + "/items?after=0").asString()).contains("{\n\"a\":\"\\n\"}");
    }

    @Test
    void itemOfQuotesIsKeptWhateverTheServersPacketIs() {
        var id = aThread();
        var item = Items.responseItem("\\\"".repeat(8 * 1024 * 1024 - 100 * 1024));

        append(id, item).then().statusCode(200).body("appended", equalTo(1));

        assertThat(request().get(path(id) + "/items?after=0").asString().length())
                .isGreaterThan(item.length());
    }

    @Test
    void strangeNumbersAndSurrogatesInWhatASummaryReadsAreKept() {
        var id = aThread();

        append(
                        id,
                        Items.event("token_count", "\"info\":{\"total_token_usage\":{\"x\":1e2147483648}}"),
                        "{\"type\":\"turn_context\",\"payload\":{\"sandbox_policy\":{\"type\":\"\\ud800\",\"n\":1.0},\"model\":7}}")
                .then()
                .statusCode(200)
                .body("appended", equalTo(2));

        assertThat(Rest.get(id).asString())
                .contains(
                        "\"token_usage\":{\"x\":1e2147483648}", "\"sandbox_policy\":{\"type\":\"\\ud800\",\"n\":1.0}");
    }

    @Test
    void itemsMayNestAThousandLevelsAndNoDeeper() {
        var id = aThread();
        var deepest = nested(998); // the item and its payload are two levels

        append(id, "{\"type\":\"x\",\"payload\":{\"a\":" + deepest + "}}")
                .then()
                .statusCode(200);
        ndjson("{\"type\":\"x\",\"payload\":{\"a\":" + deepest + "}}")
                .post(path(id) + "/items")
                .then()
                .statusCode(200);
        problem(append(id, "{\"type\":\"x\",\"payload\":{\"a\":" + nested(999) + "}}"), 400, "invalid_request");
        problem(
                ndjson("{\"type\":\"x\",\"payload\":{\"a\":" + nested(100_000) + "}}")
                        .post(path(id) + "/items"),
                400,
                "invalid_request");
        assertThat(nextOrdinal(id)).isEqualTo(3);
    }

    @Test
    void itemOf17MebibytesIsTooLarge() {
        var id = aThread();
        var item = Items.userMessage("x".repeat(17 * 1024 * 1024));

        problem(append(id, item), 413, "request_too_large");
        problem(ndjson(item).post(path(id) + "/items"), 413, "request_too_large")
                .body("line", equalTo(1));

        assertThat(nextOrdinal(id)).isEqualTo(1);
    }

    @Test
    void itemOf15MebibytesIsKept() {
        var id = aThread();
        var item = Items.responseItem("x".repeat(15 * 1024 * 1024));

        append(id, item).then().statusCode(200).body("appended", equalTo(1));

        assertThat(request().get(path(id) + "/items?after=0").asString().length())
                .isGreaterThan(item.length());
    }

    @Test
    void bodyOver64MebibytesIsTooLarge() {
        var id = aThread();
        var item = Items.userMessage("x".repeat(15 * 1024 * 1024));

        problem(append(id, item, item, item, item, item), 413, "request_too_large");
        problem(
                ndjson(String.join("\n", item, item, item, item, item)).post(path(id) + "/items"),
                413,
                "request_too_large");

        assertThat(nextOrdinal(id)).isEqualTo(1);
    }

    @Test
    void itemsAreListedInPagesBothWays() {
        var id = aThread();
        append(
                        id,
                        IntStream.range(1, 10)
                                .mapToObj(n -> Items.userMessage("m" + n))
                                .toArray(String[]::new))
                .then()
                .statusCode(200);

        var items = path(id) + "/items";
        request()
                .get(items + "?limit=3")
                .then()
                .body("items.ordinal", contains(0, 1, 2))
                .body("has_more", equalTo(true));
        request().get(items + "?limit=3&after=2").then().body("items.ordinal", contains(3, 4, 5));
        request()
                .get(items + "?after=6&before=9")
                .then()
                .body("items.ordinal", contains(7, 8))
                .body("has_more", equalTo(false));
        request()
                .get(items + "?order=desc&limit=2")
                .then()
                .body("items.ordinal", contains(9, 8))
                .body("has_more", equalTo(true));
        request()
                .get(items + "?order=desc&limit=2&before=2")
                .then()
                .body("items.ordinal", contains(1, 0))
                .body("has_more", equalTo(false));
        request().get(items + "?after=9").then().body("items", hasSize(0)).body("has_more", equalTo(false));
        request().get(items + "?limit=10").then().body("items", hasSize(10)).body("has_more", equalTo(false));
    }

    /** A short page is answered as a whole, a long one is streamed: both look the same. */
    @ParameterizedTest
    @ValueSource(strings = {"asc", "desc"})
    void listItems_ofShortAndLongPages_answersAlike(String order) {
        var id = aThread();
        var texts = new ArrayList<String>();
        for (var length : new int[] {10, 700_000, 400_000, 20, 6_000_000, 30, 2_500_000, 40}) {
            texts.add("ä".repeat(length / 2));
            append(id, Items.agentMessage(texts.get(texts.size() - 1)), Items.responseItem("other"))
                    .then()
                    .statusCode(200);
        }
        var isAscending = order.equals("asc");
        var found = new ArrayList<String>();
        var at = isAscending ? 0L : Long.MAX_VALUE;
        var hasMore = true;
        var pages = 0;
        while (hasMore) {
            var page = request()
                    .get(path(id) + "/items?type=event_msg&order=" + order + (isAscending ? "&after=" : "&before=")
                            + at);
            page.then().statusCode(200).header("Content-Type", "application/json;charset=UTF-8");
            var json = page.jsonPath();
            found.addAll(json.getList("items.payload.message", String.class));
            at = json.getLong("items[-1].ordinal");
            hasMore = json.getBoolean("has_more");
            pages++;
        }

        if (!isAscending) {
            Collections.reverse(texts);
        }
        assertThat(found).isEqualTo(texts);
        assertThat(pages).as("8 MiB each at most").isEqualTo(2);
        request()
                .get(path(id) + "/items?limit=2")
                .then()
                .header("Content-Type", "application/json;charset=UTF-8")
                .body("has_more", equalTo(true));
    }

    /** What is sent again must not undo what came after it, though it is stored nowhere. */
    @Test
    void appendThatKeepsNothing_atAStaleOrdinal_leavesTheSummary() {
        var id = aThread();
        var renaming = Items.event("thread_name_updated", "\"thread_name\":\"old\"");
        appendAt(id, 1, renaming).then().statusCode(200).body("appended", equalTo(0));
        Rest.get(id).then().body("name", equalTo("old"));
        Rest.patch(id, "{\"name\":\"new\"}").then().statusCode(200);

        appendAt(id, 1, renaming)
                .then()
                .statusCode(200)
                .body("appended", equalTo(0))
                .body("next_ordinal", equalTo(2));
        appendAt(id, 7, renaming).then().statusCode(200);
        Rest.get(id).then().body("name", equalTo("new"));

        appendAt(id, 2, renaming).then().statusCode(200);
        Rest.get(id).then().body("name", equalTo("old"));
    }

    @Test
    void itemsAreFilteredByType() {
        var id = aThread();
        append(id, Items.userMessage("a"), Items.responseItem("b"), "{\"type\":\"of_the_future\",\"payload\":{}}")
                .then()
                .statusCode(200);

        request()
                .get(path(id) + "/items?type=response_item&type=of_the_future")
                .then()
                .body("items.ordinal", contains(2, 3));
        request()
                .get(path(id) + "/items?type=event_msg&type=session_meta&limit=1&order=desc")
                .then()
                .body("items.ordinal", contains(1))
                .body("has_more", equalTo(true));
    }

    @Test
    void listOfARareType_readsABoundedNumberOfItems_andGoesOn() throws Exception {
        var id = aThread();
        var items = 25_000;
        TestDatabase.update("""
                INSERT INTO rollout_item (thread_key, ordinal, recorded_at, type, byte_length, item)
                SELECT thread_key, seq, 0, IF(seq = 12345, 'rare', 'other'), 28, '{"type":"x","payload":{"a":1}}'
                FROM thread, seq_1_to_%d WHERE thread_id = ?
                """.formatted(items), id.toString());
        TestDatabase.updateOne(
                "UPDATE thread SET next_ordinal = ?, item_count = ? WHERE thread_id = ?",
                items + 1,
                items + 1,
                id.toString());
        for (var order : new String[] {"asc", "desc"}) {
            var path = path(id) + "/items?type=rare&order=" + order;
            var next = order.equals("asc") ? "next_after" : "next_before";
            var place = order.equals("asc") ? "&after=" : "&before=";
            var found = new ArrayList<Integer>();
            var pages = 0;
            Integer from = null;
            do {
                var before = TestDatabase.rowsRead();
                var page = request()
                        .get(from == null ? path : path + place + from)
                        .then()
                        .statusCode(200)
                        .extract()
                        .jsonPath();
                assertThat(TestDatabase.rowsRead() - before).isLessThan(11_000);
                found.addAll(page.getList("items.ordinal", Integer.class));
                from = page.get(next);
                assertThat(page.getBoolean("has_more")).isEqualTo(from != null);
                pages++;
            } while (from != null);
            assertThat(found).containsExactly(12_345);
            assertThat(pages).isEqualTo(3);
        }
    }

    @Test
    void pageThatIsNotTheLast_saysWhereTheNextBegins() {
        var id = aThread();
        append(id, Items.agentMessage("a"), Items.agentMessage("b")).then().statusCode(200);

        request().get(path(id) + "/items?limit=2").then().body("next_after", equalTo(1));
        request().get(path(id) + "/items?limit=2&order=desc").then().body("next_before", equalTo(1));
        request().get(path(id) + "/items").then().body("$", not(hasKey("next_after")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "limit=0",
                "limit=1001",
                "limit=x",
                "after=-1",
                "before=x",
                "order=up",
                "include_archived=2",
            })
    void parametersOutOfRangeAreRefused(String query) {
        problem(request().get(path(aThread()) + "/items?" + query), 400, "invalid_request")
                .body("errors[0].field", equalTo(query.substring(0, query.indexOf('='))));
    }

    @Test
    void pageEndsAtEightMebibytesButNeverBeforeItsFirstItem() {
        var id = aThread();
        var item = Items.responseItem("x".repeat(5 * 1024 * 1024));
        append(id, item, item, item).then().statusCode(200);
        var big = Items.responseItem("x".repeat(10 * 1024 * 1024));
        append(id, big).then().statusCode(200);

        var items = path(id) + "/items";
        request().get(items).then().body("items.ordinal", contains(0, 1)).body("has_more", equalTo(true));
        request()
                .get(items + "?after=3")
                .then()
                .body("items.ordinal", contains(4))
                .body("has_more", equalTo(false));
        request().get(path(id) + "/history").then().body("items.ordinal", contains(0, 1, 2, 3, 4));
    }

    @Test
    void historyIsJsonUnlessNdjsonIsPreferred() {
        var id = aThread();

        request().accept("*/*").get(path(id) + "/history").then().contentType(Rest.JSON);
        request().accept(Rest.NDJSON).get(path(id) + "/history").then().contentType(Rest.NDJSON);
        request()
                .accept("application/json;q=0.5, application/x-ndjson")
                .get(path(id) + "/history")
                .then()
                .contentType(Rest.NDJSON);
        problem(request().accept("text/html").get(path(id) + "/history"), 406, "not_acceptable");
        request()
                .get(path(id) + "/history")
                .then()
                .body("thread_id", equalTo(id.toString()))
                .body("items", hasSize(1));
    }

    private static String nested(int levels) {
        return "[".repeat(levels) + "]".repeat(levels);
    }
}
