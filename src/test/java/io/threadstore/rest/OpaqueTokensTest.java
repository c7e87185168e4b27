package io.threadstore.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.threadstore.testsupport.Items;
import io.threadstore.testsupport.Rest;
import io.threadstore.testsupport.TestDatabase;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What ETags and cursors show of other tenants' rows, and what names show of themselves: nothing. */
@QuarkusTest
@WithTestResource(TestDatabase.class)
class OpaqueTokensTest {

    @Test
    void etags_ofThreadsCreatedInARow_showNoCounter() throws Exception {
        var first = create();
        var key = key(first);

        var tag = Rest.get(first).header("ETag");

        assertThat(tag).matches("\"[A-Za-z0-9_-]{16}\"").doesNotContain(Long.toString(key, 36) + ".");
        var bytes = Base64.getUrlDecoder().decode(tag.substring(1, 17));
        var clear = ByteBuffer.allocate(8).putLong(key).array();
        assertThat(new String(bytes, StandardCharsets.ISO_8859_1))
                .doesNotContain(new String(clear, StandardCharsets.ISO_8859_1));
        var others = Rest.get(create()).header("ETag");
        assertThat(tag.substring(1, 5)).isNotEqualTo(others.substring(1, 5));
        assertThat(Rest.get(first).header("ETag")).isEqualTo(tag);
        assertThat(Rest.request()
                        .queryParam("include_history", "true")
                        .get(Rest.path(first))
                        .header("ETag"))
                .isNotEqualTo(tag);
    }

    @Test
    void etag_ofTheClearFormOfEarlierReleases_doesNotMatch() throws Exception {
        var id = create();
        var old = "\"" + Long.toString(key(id), 36) + ".1.\"";

        Rest.request()
                .header("If-Match", old)
                .post(Rest.path(id) + "/archive")
                .then()
                .statusCode(412);
    }

    @Test
    void cursors_ofLists_showNoKey() throws Exception {
        create();
        var last = create();
        var cursor = Rest.request()
                .queryParam("limit", 1)
                .get("/v1/threads")
                .then()
                .statusCode(200)
                .extract()
                .<String>path("next_cursor");

        var bytes = Base64.getUrlDecoder().decode(cursor);
        var key = key(last);
        for (var i = 0; i + Long.BYTES <= bytes.length; i++) {
            assertThat(ByteBuffer.wrap(bytes).getLong(i)).isNotEqualTo(key);
        }
        Rest.request()
                .queryParam("limit", 1)
                .queryParam("cursor", cursor)
                .get("/v1/threads")
                .then()
                .statusCode(200);
        var old = ByteBuffer.allocate(25).put((byte) 1).putLong(7).putLong(1).putLong(key);
        Rest.request()
                .queryParam("cursor", Base64.getUrlEncoder().withoutPadding().encodeToString(old.array()))
                .get("/v1/threads")
                .then()
                .statusCode(400)
                .body("detail", containsString("is not a cursor of this service"));
    }

    @Test
    void name_withAControlOfTheWritingDirection_isRejected() {
        var id = create();
        for (var name : new String[] {"invoice\u202Efdp.exe", "red\u001B[31m", "two\nlines", "a\u2066b", "a\u2028b"}) {
            Rest.request()
                    .contentType("application/merge-patch+json")
                    .body(json(name).getBytes(StandardCharsets.UTF_8))
                    .patch(Rest.path(id))
                    .then()
                    .statusCode(400)
                    .body("detail", containsString("control"));
            var body = "{\"source\":{\"kind\":\"cli\"}," + json(name).substring(1);
            Rest.json(body).post("/v1/threads").then().statusCode(400);
        }
        Rest.get(id).then().body("name", nullValue());
    }

    @Test
    void name_thatAnItemStates_isStoredWithoutControls() {
        var id = create();
        var event = "{\"type\":\"event_msg\",\"payload\":{\"type\":\"thread_name_updated\",\"thread_id\":\"" + id
                + "\",\"thread_name\":\"invoice\\u202efdp\\u001b\\u200d\"}}";

        Rest.json("{\"items\":[" + event + "," + Items.agentMessage("said") + "]}")
                .post(Rest.path(id) + "/items")
                .then()
                .statusCode(200);

        Rest.get(id).then().body("name", equalTo("invoice\uFFFDfdp\uFFFD\u200d"));
        Rest.request()
                .get(Rest.path(id) + "/verification")
                .then()
                .statusCode(200)
                .body("differences.size()", equalTo(0));
    }

    private static String json(String name) {
        return "{\"name\":\"" + name.replace("\n", "\\n").replace("\u001B", "\\u001b") + "\"}";
    }

    private static UUID create() {
        var id = UUID.randomUUID();
        Rest.json("{\"thread_id\":\"" + id + "\",\"source\":{\"kind\":\"cli\"}}")
                .post("/v1/threads")
                .then()
                .statusCode(201);
        return id;
    }

    private static long key(UUID id) throws Exception {
        try (var connection = TestDatabase.connect();
                var select = connection.prepareStatement("SELECT thread_key FROM thread WHERE thread_id = ?")) {
            select.setString(1, id.toString());
            try (var row = select.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }
}
