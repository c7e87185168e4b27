package io.threadstore.rest;

import static io.threadstore.testsupport.Rest.aLazyThread;
import static io.threadstore.testsupport.Rest.aThread;
import static io.threadstore.testsupport.Rest.append;
import static io.threadstore.testsupport.Rest.create;
import static io.threadstore.testsupport.Rest.path;
import static io.threadstore.testsupport.Rest.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.junit.QuarkusTest;
import io.threadstore.lifecycle.DeletionService;
import io.threadstore.testsupport.Items;
import io.threadstore.testsupport.Rest;
import io.threadstore.testsupport.TestDatabase;
import io.threadstore.testsupport.Together;
import jakarta.inject.Inject;
import java.sql.SQLException;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Threads too long to be deleted in one transaction. The schedule is off in tests: they do the background's work
 * themselves.
 */
@QuarkusTest
class DeletionTest extends RestTest {

    private static final int ITEMS = 3500;

    @Inject
    DeletionService deletions;

    @BeforeEach
    void deleteTheRestOfOtherTests() {
        deleteAll();
    }

    @Test
    void longThread_isGoneAtOnce_andItsItemsAreDeletedInBatches() throws Exception {
        var id = aLongThread();
        var key = key(id);

        request().delete(path(id)).then().statusCode(204);

        problem(Rest.get(id), 404, "thread_not_found");
        problem(request().get(path(id) + "/items?include_archived=true"), 404, "thread_not_found");
        problem(request().get(path(id) + "/writer"), 404, "thread_not_found");
        problem(append(id, Items.agentMessage("a")), 404, "thread_not_found");
        problem(request().delete(path(id)), 404, "thread_not_found");
        create(id, "").then().statusCode(201);
        assertThat(items(key)).isEqualTo(ITEMS + 1);
        assertThat(deletions.left().threads()).isOne();
        assertThat(deletions.left().items()).isEqualTo(ITEMS + 1);

        assertThat(deletions.deleteBatch()).isTrue();
        // from the end, so that no reader misses items in between
        assertThat(items(key)).isEqualTo(ITEMS - 999);
        assertThat(TestDatabase.number("SELECT MAX(ordinal) FROM rollout_item WHERE thread_key = ?", key))
                .isEqualTo(ITEMS - 1000);
        assertThat(deletions.left().items()).isEqualTo(ITEMS - 999);
        deleteAll();

        assertThat(items(key)).isZero();
        assertThat(TestDatabase.number("SELECT COUNT(*) FROM thread WHERE thread_key = ?", key))
                .isZero();
        assertThat(deletions.left().threads()).isZero();
        Rest.get(id).then().statusCode(200).body("item_count", equalTo(1));
    }

    @Test
    void batchOfLongItems_endsAtItsBytes() throws Exception {
        var id = aThread();
        var item = Items.responseItem("x".repeat(3 * 1024 * 1024));
        append(id, item, item, item, item).then().statusCode(200);
        var key = key(id);
        request().delete(path(id)).then().statusCode(204);

        deletions.deleteBatch();

        assertThat(items(key)).isEqualTo(3);
        deleteAll();
        assertThat(items(key)).isZero();
    }

    @Test
    void lazyThreadOfManyItems_discarded_isDeletedInBatches() throws Exception {
        var id = aLazyThread();
        fill(id);
        var key = key(id);

        request().delete(path(id) + "/writer").then().statusCode(204);

        problem(request().get(path(id) + "/writer"), 404, "thread_not_found");
        assertThat(deletions.left().items()).isPositive();
        deleteAll();
        assertThat(items(key)).isZero();
    }

    @Test
    void replicasThatDeleteAtTheSameTime_shareTheWork() throws Exception {
        var keys = new long[3];
        for (var i = 0; i < keys.length; i++) {
            var id = aLongThread();
            keys[i] = key(id);
            request().delete(path(id)).then().statusCode(204);
        }

        Together.together(4, replica -> {
            deleteAll();
            return replica;
        });
        deleteAll();

        for (var key : keys) {
            assertThat(items(key)).isZero();
        }
        assertThat(deletions.left().threads()).isZero();
    }

    @Test
    void twoLongThreadsOfOneId_canWaitForDeletion() throws Exception {
        var id = aLongThread();
        request().delete(path(id)).then().statusCode(204);
        create(id, "").then().statusCode(201);
        fill(id);
        request().delete(path(id)).then().statusCode(204);

        assertThat(deletions.left().threads()).isEqualTo(2);
        deleteAll();
        assertThat(deletions.left().threads()).isZero();
    }

    private void deleteAll() {
        while (deletions.deleteBatch()) {
            // until nothing is left
        }
    }

    private static UUID aLongThread() throws SQLException {
        var id = aThread();
        fill(id);
        return id;
    }

    private static void fill(UUID id) throws SQLException {
        var filled = TestDatabase.update("""
                INSERT INTO rollout_item (thread_key, ordinal, recorded_at, type, byte_length, item)
                SELECT thread_key, seq, 0, 'other', 28, '{"type":"x","payload":{"a":1}}'
                FROM thread, seq_1_to_%d WHERE tenant = 'default' AND thread_id = ?
                """.formatted(ITEMS), id.toString());
        assertThat(filled).isEqualTo(ITEMS);
        TestDatabase.updateOne(
                "UPDATE thread SET next_ordinal = ?, item_count = item_count + ? WHERE tenant = 'default' AND thread_id = ?",
                ITEMS + 1,
                ITEMS,
                id.toString());
    }

    private static long key(UUID id) throws SQLException {
        return TestDatabase.number(
                "SELECT thread_key FROM thread WHERE tenant = 'default' AND thread_id = ?", id.toString());
    }

    private static long items(long key) throws SQLException {
        return TestDatabase.number("SELECT COUNT(*) FROM rollout_item WHERE thread_key = ?", key);
    }
}
