package io.threadstore.rest;

import static io.threadstore.testsupport.Rest.aThread;
import static io.threadstore.testsupport.Rest.append;
import static io.threadstore.testsupport.Rest.appendAt;
import static io.threadstore.testsupport.Rest.path;
import static io.threadstore.testsupport.Rest.post;
import static io.threadstore.testsupport.Rest.request;
import static io.threadstore.testsupport.Together.together;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.junit.QuarkusTest;
import io.threadstore.testsupport.Items;
import io.threadstore.testsupport.Rest;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** What many callers at once may count on, with real threads. */
@QuarkusTest
class ConcurrencyTest extends RestTest {

    private static final int CALLERS = 16;

    @Test
    void sixteenAppendersLeaveOrdinalsWithoutGapOrDouble() throws Exception {
        var id = aThread();
        var rounds = 25;

        var firstOrdinals = together(CALLERS, caller -> {
            var ordinals = new ArrayList<Integer>();
            for (var round = 0; round < rounds; round++) {
                var answer = append(
                        id,
                        Items.userMessage(caller + "-" + round + "-a"),
                        Items.userMessage(caller + "-" + round + "-b"));
                assertThat(answer.statusCode()).isEqualTo(200);
                ordinals.add(answer.jsonPath().getInt("first_ordinal"));
            }
            return ordinals;
        });

        var total = CALLERS * rounds * 2;
        assertThat(firstOrdinals.stream().flatMap(List::stream).distinct()).hasSize(CALLERS * rounds);
        var items = request().get(path(id) + "/items?limit=1000").jsonPath();
        assertThat(items.getList("items.ordinal", Integer.class))
                .isEqualTo(IntStream.rangeClosed(0, total).boxed().toList());
        assertThat(items.getList("items.payload.message").stream().skip(1).distinct())
                .hasSize(total);
        // each append's items lie together, and each caller's in its own order
        var messages = items.getList("items.payload.message", String.class);
        for (var caller = 0; caller < CALLERS; caller++) {
            for (var round = 0; round < rounds; round++) {
                var ordinal = firstOrdinals.get(caller).get(round);
                assertThat(messages.get(ordinal)).isEqualTo(caller + "-" + round + "-a");
                assertThat(messages.get(ordinal + 1)).isEqualTo(caller + "-" + round + "-b");
            }
        }
        var thread = Rest.get(id).jsonPath();
        assertThat(thread.getInt("item_count")).isEqualTo(total + 1);
        assertThat(thread.getInt("next_ordinal")).isEqualTo(total + 1);
    }

    @RepeatedTest(5)
    void oneOfManyRacingForAnOrdinalWins() throws Exception {
        var id = aThread();

        var statuses = together(
                CALLERS,
                caller -> appendAt(id, 1, Items.userMessage("from " + caller)).statusCode());

        assertThat(statuses).containsOnly(200, 409).containsOnlyOnce(200);
        assertThat(Rest.nextOrdinal(id)).isEqualTo(2);
    }

    @RepeatedTest(5)
    void sameAppendSentManyTimesAtOnceIsStoredOnce() throws Exception {
        var id = aThread();

        var replayed = together(CALLERS, caller -> {
            var answer = appendAt(id, 1, Items.userMessage("once"), Items.agentMessage("only"));
            assertThat(answer.statusCode()).isEqualTo(200);
            return answer.jsonPath().getBoolean("replayed");
        });

        assertThat(replayed).containsOnlyOnce(false);
        assertThat(Rest.nextOrdinal(id)).isEqualTo(3);
    }

    @RepeatedTest(5)
    void oneOfManyCreatingTheSameThreadWins() throws Exception {
        var id = UUID.randomUUID();

        var statuses = together(
                CALLERS,
                caller ->
                        Rest.create(id, caller % 2 == 0 ? "" : "\"lazy\":true,").statusCode());

        assertThat(statuses).containsOnly(201, 409).containsOnlyOnce(201);
    }

    @RepeatedTest(5)
    void oneOfManyOpeningAWriterWinsAndTakeoversGetEpochsOfTheirOwn() throws Exception {
        var id = aThread();
        post(id, "writer/shutdown").then().statusCode(200);

        var statuses = together(
                CALLERS, caller -> Rest.json("{}").post(path(id) + "/writer").statusCode());
        assertThat(statuses).containsOnly(201, 409).containsOnlyOnce(201);

        var epochs = together(
                CALLERS,
                caller -> Rest.json("{\"takeover\":true}")
                        .post(path(id) + "/writer")
                        .jsonPath()
                        .getInt("epoch"));
        assertThat(epochs).doesNotHaveDuplicates();
        assertThat(request().get(path(id) + "/writer").jsonPath().getInt("epoch"))
                .isEqualTo(epochs.stream().mapToInt(Integer::intValue).max().orElseThrow());
    }

    @Test
    void archiveAgainstAppendAgainstPatchLosesNothingAcknowledged() throws Exception {
        var id = aThread();

        var acknowledged = together(12, caller -> {
            var count = 0;
            for (var round = 0; round < 20; round++) {
                count += switch (caller % 4) {
                    case 0 -> {
                        post(id, round % 2 == 0 ? "archive" : "unarchive")
                                .then()
                                .statusCode(200);
                        Rest.json("{\"include_archived\":true,\"takeover\":true}")
                                .post(path(id) + "/writer");
                        yield 0;
                    }
                    case 1 -> {
                        var status = request()
                                .contentType(Rest.MERGE_PATCH)
                                .body("{\"name\":\"" + caller + "-" + round + "\"}")
                                .patch(path(id) + "?include_archived=true")
                                .statusCode();
                        assertThat(status).isEqualTo(200);
                        yield 1;
                    }
                    default -> {
                        var status = append(id, Items.userMessage("x")).statusCode();
                        assertThat(status).isIn(200, 409);
                        yield status == 200 ? 1 : 0;
                    }
                };
            }
            return count;
        });

        var total = acknowledged.stream().mapToInt(Integer::intValue).sum();
        var items = request()
                .get(path(id) + "/items?limit=1000&include_archived=true")
                .jsonPath();
        assertThat(items.getList("items.ordinal", Integer.class))
                .isEqualTo(IntStream.rangeClosed(0, total).boxed().toList());
        var thread = request().get(path(id) + "?include_archived=true").jsonPath();
        assertThat(thread.getInt("item_count")).isEqualTo(total + 1);
        var patches = request().get(path(id) + "/metadata-patches?limit=200").jsonPath();
        assertThat(patches.getList("patches")).hasSize(60);
        var last = patches.getString("patches[-1].value");
        assertThat(thread.getString("name")).isEqualTo(last);
    }

    @Test
    void readersSeeWholeAppendsOnly() throws Exception {
        var id = aThread();

        together(6, caller -> {
            for (var round = 0; round < 30; round++) {
                if (caller < 3) {
                    append(id, Items.userMessage("a"), Items.userMessage("b"), Items.userMessage("c"))
                            .then()
                            .statusCode(200);
                } else {
                    var thread =
                            request().get(path(id) + "?include_history=true").jsonPath();
                    var items = thread.getList("history.items");
                    assertThat(items.size() % 3).isEqualTo(1);
                    assertThat(thread.getInt("item_count")).isEqualTo(items.size());
                }
            }
            return null;
        });
    }
}
