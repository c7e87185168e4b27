package io.threadstore.rest;

import static io.threadstore.testsupport.Rest.aThread;
import static io.threadstore.testsupport.Rest.append;
import static io.threadstore.testsupport.Rest.appendAt;
import static io.threadstore.testsupport.Rest.path;
import static io.threadstore.testsupport.Rest.request;
import static io.threadstore.testsupport.Together.together;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.junit.QuarkusTest;
import io.threadstore.testsupport.Items;
import io.threadstore.testsupport.Rest;
import io.threadstore.testsupport.TestDatabase;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Appends that share a transaction with others, which they must not notice. */
@QuarkusTest
class GroupedAppendsTest extends RestTest {

    private static final int CALLERS = 32;

    @RepeatedTest(3)
    void eachAppendHasItsOwnOutcome() throws Exception {
        var good = Stream.generate(Rest::aThread).limit(CALLERS / 4).toList();
        var shut = aThread();
        Rest.post(shut, "writer/shutdown").then().statusCode(200);
        var item = Items.agentMessage("said");

        var statuses = together(CALLERS, caller -> {
            var seen = new ArrayList<Integer>();
            for (var round = 0; round < 10; round++) {
                var thread = good.get(caller / 4);
                var answer = switch (caller % 4) {
                    case 0 -> appendAt(thread, 1 + round, item);
                    case 1 -> appendAt(thread, 1_000_000, item);
                    case 2 -> append(UUID.randomUUID(), item);
                    default -> append(shut, item);
                };
                seen.add(answer.statusCode());
            }
            return seen;
        });

        for (var caller = 0; caller < CALLERS; caller++) {
            assertThat(statuses.get(caller)).containsOnly(new int[] {200, 409, 404, 409}[caller % 4]);
        }
        for (var thread : good) {
            var items = request().get(path(thread) + "/items").jsonPath();
            assertThat(items.getList("items.ordinal", Integer.class))
                    .isEqualTo(IntStream.rangeClosed(0, 10).boxed().toList());
            Rest.get(thread).then().body("item_count", equalTo(11));
        }
    }

    /** They share their look-ups, but each is told of its own thread. */
    @RepeatedTest(3)
    void eachDroppedAppendIsToldOfItsOwnThread() throws Exception {
        var threads = new ArrayList<UUID>();
        for (var items = 0; items < CALLERS / 2; items++) {
            threads.add(aThread());
            for (var item = 0; item < items; item++) {
                append(threads.get(items), Items.agentMessage("said")).then().statusCode(200);
            }
        }
        var delta = Items.event("agent_message_delta", "\"delta\":\"x\"");

        together(CALLERS, caller -> {
            var items = caller / 2;
            for (var round = 0; round < 20; round++) {
                append(threads.get(items), delta)
                        .then()
                        .statusCode(200)
                        .body("next_ordinal", equalTo(items + 1))
                        .body("appended", equalTo(0))
                        .body("dropped", equalTo(1));
                append(UUID.randomUUID(), delta).then().statusCode(404);
            }
            return null;
        });
    }

    @Test
    void threadThatSomebodyHoldsLocksNobodyElseOut() throws Exception {
        var held = aThread();
        var free = aThread();
        CompletableFuture<Integer> waiting;
        try (var connection = TestDatabase.connect()) {
            connection.setAutoCommit(false);
            try (var lock = connection.prepareStatement(
                    "SELECT thread_key FROM thread WHERE tenant = 'default' AND thread_id = ? FOR UPDATE")) {
                lock.setString(1, held.toString());
                lock.executeQuery();
            }
            waiting = CompletableFuture.supplyAsync(
                    () -> append(held, Items.agentMessage("waits")).statusCode());

            for (var round = 0; round < 20; round++) {
                append(free, Items.agentMessage("goes on")).then().statusCode(200);
            }

            assertThat(waiting).isNotDone();
            connection.rollback();
        }
        assertThat(waiting.get(30, TimeUnit.SECONDS)).isEqualTo(200);
        assertThat(Rest.nextOrdinal(held)).isEqualTo(2);
    }

    /** Where a thread's row was is remembered, and no more than a guess: ids can be used again, and a backup can be restored. */
    @Test
    void rowsThatAreNoLongerWhereTheyWereAreFound() throws Exception {
        var again = aThread();
        append(again, Items.agentMessage("said")).then().statusCode(200);
        request().delete(path(again)).then().statusCode(204);
        append(again, Items.agentMessage("too late")).then().statusCode(404);
        Rest.create(again, "").then().statusCode(201);
        for (var round = 1; round <= 3; round++) {
            appendAt(again, round, Items.agentMessage("said")).then().statusCode(200);
        }

        var one = aThread();
        var other = aThread();
        append(one, Items.agentMessage("of one")).then().statusCode(200);
        append(other, Items.agentMessage("of the other")).then().statusCode(200);
        append(other, Items.agentMessage("of the other")).then().statusCode(200);
        var rename = "UPDATE thread SET thread_id = ? WHERE tenant = 'default' AND thread_id = ?";
        var between = UUID.randomUUID();
        TestDatabase.updateOne(rename, between.toString(), one.toString());
        TestDatabase.updateOne(rename, one.toString(), other.toString());
        TestDatabase.updateOne(rename, other.toString(), between.toString());

        // each to the row that bears its id now
        for (var round = 0; round < 3; round++) {
            append(one, Items.agentMessage("of the other"))
                    .then()
                    .statusCode(200)
                    .body("first_ordinal", equalTo(3 + round));
            append(other, Items.agentMessage("of one"))
                    .then()
                    .statusCode(200)
                    .body("first_ordinal", equalTo(2 + round));
        }
        assertThat(texts(one)).containsOnly("of the other");
        assertThat(texts(other)).containsOnly("of one");
    }

    /** A row that is remembered as this tenant's, and is another's now. */
    @Test
    void rowOfAnotherTenantIsLeftAlone() throws Exception {
        var thread = aThread();
        var stays = aThread();
        var delta = Items.event("agent_message_delta", "\"delta\":\"x\"");
        append(thread, Items.agentMessage("said")).then().statusCode(200);
        TestDatabase.updateOne(
                "UPDATE thread SET tenant = 'another' WHERE tenant = 'default' AND thread_id = ?", thread.toString());

        append(thread, delta).then().statusCode(404);
        together(16, caller -> {
            append(caller % 2 == 0 ? stays : thread, Items.agentMessage("said"))
                    .then()
                    .statusCode(caller % 2 == 0 ? 200 : 404);
            append(thread, delta).then().statusCode(404);
            return null;
        });

        assertThat(Rest.nextOrdinal(stays)).isEqualTo(1 + 8);
        TestDatabase.updateOne(
                "UPDATE thread SET tenant = 'default' WHERE tenant = 'another' AND thread_id = ?", thread.toString());
        assertThat(Rest.nextOrdinal(thread)).isEqualTo(2);
    }

    private static List<String> texts(UUID thread) {
        return request().get(path(thread) + "/items?after=0").jsonPath().getList("items.payload.message", String.class);
    }

    /** Token usage is the one thing that a grouped append says to the summary; the others go alone, in between. */
    @Test
    void summariesSayWhatTheItemsSay() throws Exception {
        var threads = Stream.generate(Rest::aThread).limit(8).toList();

        together(8, caller -> {
            for (var round = 1; round <= 5; round++) {
                append(threads.get(caller), tokenCount(caller * 100 + round))
                        .then()
                        .statusCode(200);
                append(threads.get(caller), Items.userMessage("message " + round))
                        .then()
                        .statusCode(200);
            }
            return null;
        });

        for (var caller = 0; caller < 8; caller++) {
            var thread = Rest.get(threads.get(caller)).jsonPath();
            assertThat(thread.getInt("token_usage.total_tokens")).isEqualTo(caller * 100 + 5);
            assertThat(thread.getString("first_user_message")).isEqualTo("message 1");
            assertThat(thread.getInt("item_count")).isEqualTo(11);
        }
    }

    private static String tokenCount(int total) {
        return "{\"type\":\"event_msg\",\"payload\":{\"type\":\"token_count\",\"info\":{\"total_token_usage\":{\"total_tokens\":"
                + total + "}}}}";
    }
}
