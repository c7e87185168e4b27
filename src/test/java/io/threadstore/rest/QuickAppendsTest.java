package io.threadstore.rest;

import static io.threadstore.testsupport.Rest.aThread;
import static io.threadstore.testsupport.Rest.path;
import static io.threadstore.testsupport.Rest.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.Header;
import io.restassured.response.Response;
import io.threadstore.testsupport.Items;
import io.threadstore.testsupport.Rest;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is answered on the event loop is what the resource answers; which of them did it can't be told. */
@QuarkusTest
class QuickAppendsTest extends RestTest {

    /** The one that the event loop answers, and another that means the same. */
    private static final String QUICK = "application/json";

    private static final String SLOW = "application/json; charset=utf-8";

    private record Sent(String name, String body, Map<String, String> headers) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Sent> requests() {
        var message = Items.agentMessage("söme \\u00e9 text");
        return List.of(
                sent("one item", "{\"items\":[" + message + "]}"),
                sent("at its ordinal", "{\"items\":[" + message + "],\"expected_ordinal\":1}"),
                sent("with spaces", " { \"expected_ordinal\" : null , \"items\" : [ " + message + "\n] } "),
                sent("several", "{\"items\":[" + message + "," + Items.responseItem("x") + "," + message + "]}"),
                sent("some kept", "{\"items\":[" + message + "," + Items.event("exec_command_begin", "") + "]}"),
                sent("none kept", "{\"items\":[" + Items.event("exec_command_begin", "") + "]}"),
                sent("none", "{\"items\":[]}"),
                sent("a first message", "{\"items\":[" + Items.userMessage("hello") + "]}"),
                sent("of the writer", "{\"items\":[" + message + "]}", WritersResource.WRITER_EPOCH, "1"),
                sent("of another writer", "{\"items\":[" + message + "]}", WritersResource.WRITER_EPOCH, "7"),
                sent("of no writer", "{\"items\":[" + message + "]}", WritersResource.WRITER_EPOCH, "x"),
                sent("at another ordinal", "{\"items\":[" + message + "],\"expected_ordinal\":9}"),
                sent("at no ordinal", "{\"items\":[" + message + "],\"expected_ordinal\":-1}"),
                sent("not an item", "{\"items\":[{\"type\":\"event_msg\"}]}"),
                sent("not JSON", "{\"items\":[" + message),
                sent("not UTF-8", "{\"items\":[" + message + "]}\u00ff"),
                sent("an unknown member", "{\"items\":[" + message + "],\"more\":1}"),
                sent("a name", "{\"items\":[" + Items.event("thread_name_updated", "\"thread_name\":\"n\"") + "]}"),
                sent("for XML", "{\"items\":[" + message + "]}", "Accept", "application/xml"),
                sent("for anything", "{\"items\":[" + message + "]}", "Accept", "text/html, */*;q=0.1"),
                sent("with an id", "{\"items\":[" + message + "]}", "X-Request-Id", "r-1"));
    }

    private static Sent sent(String name, String body) {
        return new Sent(name, body, Map.of());
    }

    private static Sent sent(String name, String body, String header, String value) {
        return new Sent(name, body, Map.of(header, value));
    }

    @ParameterizedTest
    @MethodSource("requests")
    void bothWaysAnswerTheSame(Sent sent) {
        var first = aThread();
        var second = aThread();
        var quick = post(first, sent, QUICK);
        var slow = post(second, sent, SLOW);

        assertThat(described(quick, first)).isEqualTo(described(slow, second));
        assertThat(itemsOf(first)).isEqualTo(itemsOf(second));
        assertThat(Rest.nextOrdinal(first)).isEqualTo(Rest.nextOrdinal(second));
    }

    @Test
    void sameItemsAgainAreAReplay() {
        var thread = aThread();
        var once = sent("", "{\"items\":[" + Items.agentMessage("once") + "],\"expected_ordinal\":1}");

        var first = post(thread, once, QUICK).jsonPath();
        var again = post(thread, once, QUICK).jsonPath();

        assertThat(first.getInt("appended")).isEqualTo(1);
        assertThat(again.getInt("appended")).isZero();
        assertThat(again.getBoolean("replayed")).isTrue();
        assertThat(again.getInt("next_ordinal")).isEqualTo(2);
    }

    @Test
    void archivedOrUnknownThreadIsRefused() {
        var archived = aThread();
        Rest.post(archived, "archive").then().statusCode(200);
        var item = sent("", "{\"items\":[" + Items.agentMessage("late") + "]}");

        for (var thread : List.of(archived, UUID.randomUUID())) {
            assertThat(described(post(thread, item, QUICK), thread))
                    .isEqualTo(described(post(thread, item, SLOW), thread));
        }
    }

    private static Response post(UUID thread, Sent sent, String contentType) {
        return request()
                .contentType(contentType)
                .headers(sent.headers())
                .body(sent.body().getBytes(StandardCharsets.ISO_8859_1))
                .post(path(thread) + "/items");
    }

    /** All of an answer but what is its own. */
    private static Map<String, String> described(Response answer, UUID thread) {
        var all = new LinkedHashMap<String, String>();
        all.put("status", answer.statusLine());
        answer.headers().asList().stream()
                .filter(header -> !header.hasSameNameAs(new Header("Date", ""))
                        && !(header.hasSameNameAs(new Header("X-Request-Id", ""))
                                && header.getValue().length() > 3))
                .sorted((a, b) -> a.getName().compareToIgnoreCase(b.getName()))
                .forEach(header -> all.merge(
                        header.getName().toLowerCase(Locale.ROOT), header.getValue(), (a, b) -> a + "; " + b));
        all.put("body", answer.asString().replace(thread.toString(), "ID").replaceAll("\"request_id\":\"[^\"]*\"", ""));
        return all;
    }

    private static List<Object> itemsOf(UUID thread) {
        return request().get(path(thread) + "/items?after=0").jsonPath().getList("items.payload");
    }
}
