package io.threadstore.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.threadstore.contract.ThreadStoreUnderTest.Item;
import io.threadstore.contract.ThreadStoreUnderTest.Reason;
import io.threadstore.contract.ThreadStoreUnderTest.Refused;
import io.threadstore.testsupport.Items;
import io.threadstore.testsupport.Rest;
import io.threadstore.testsupport.TestDatabase;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** The ThreadStore contract's own cases, for any transport that carries it. */
abstract class ThreadStoreContract {

    final UUID id = UUID.randomUUID();

    abstract ThreadStoreUnderTest store();

    @Test
    void nameSetOnAnActiveThreadIsReadableFindableAndAppended() {
        store().create(id);
        store().append(id, Items.userMessage("hello"));
        var name = "name-" + id;

        store().rename(id, name, false);

        assertThat(store().read(id, false).name()).isEqualTo(name);
        assertThat(store().findByName(name)).containsExactly(id);
        assertThat(stored().get(stored().size() - 1).payload())
                .contains("\"thread_name_updated\"", name, id.toString());
    }

    @Test
    void memoryModeSetOnAnActiveThreadIsReadableAndAppended() {
        store().create(id);

        store().setMemoryMode(id, "disabled", false);

        assertThat(store().read(id, false).memoryMode()).isEqualTo("disabled");
        var items = store().loadHistory(id, false);
        assertThat(items).hasSize(2);
        assertThat(items.get(1).type()).isEqualTo("session_meta");
        assertThat(items.get(1).payload()).contains("\"memory_mode\":\"disabled\"", id.toString());
    }

    @Test
    void metadataUpdateReachesALiveThreadThatWasResumedWithAHistoryFromOutside() {
        Rest.importRollout(id, Items.rolloutFileAs(id)).then().statusCode(201);
        store().resume(id, false);

        store().setMemoryMode(id, "enabled", false);
        store().append(id, Items.userMessage("goes on"));

        assertThat(store().read(id, false).memoryMode()).isEqualTo("enabled");
        var items = store().loadHistory(id, false);
        assertThat(items).hasSize(61);
        assertThat(items.get(59).payload()).contains("\"memory_mode\":\"enabled\"");
        assertThat(items.get(60).payload()).contains("goes on");
    }

    @Test
    void mismatchedSessionMetaIdIsRefused() throws SQLException {
        store().create(id);
        var other = UUID.randomUUID();
        exchangeIdInSessionMeta(other);

        var refused = refusal(() -> store().setMemoryMode(id, "disabled", false));

        assertThat(refused.reason).isEqualTo(Reason.INTERNAL);
        assertThat(refused).hasMessageContaining("metadata id mismatch: expected " + id + ", found " + other);
        assertThat(store().read(id, false).memoryMode()).isEqualTo("enabled");
        assertThat(store().loadHistory(id, false)).hasSize(1);
    }

    @Test
    void twoFieldPatchIsRefusedAndChangesNothing() {
        store().create(id);
        store().rename(id, "before", false);
        var history = store().loadHistory(id, false);

        var refused = refusal(() -> store().renameAndSetMemoryMode(id, "after", "disabled"));

        assertThat(refused.reason).isEqualTo(Reason.INVALID);
        assertThat(store().loadHistory(id, false)).isEqualTo(history);
        assertThat(store().read(id, false)).isEqualTo(new ThreadStoreUnderTest.View("before", "enabled", null, false));
    }

    @Test
    void archivedThreadStaysArchivedThroughAPatch() {
        store().create(id);
        store().archive(id);

        store().rename(id, "archived", true);
        store().setMemoryMode(id, "disabled", true);
        store().setGitSha(id, "abc", true);

        assertThat(store().read(id, true))
                .isEqualTo(new ThreadStoreUnderTest.View("archived", "disabled", "abc", true));
        assertThat(refusal(() -> store().read(id, false)).reason).isEqualTo(Reason.NOT_FOUND);
    }

    @Test
    void archivedThreadStaysArchivedThroughAPatchWhileItIsLive() {
        store().create(id);
        store().archive(id);
        store().resume(id, true);

        store().rename(id, "live and archived", true);
        store().append(id, Items.userMessage("still here"));

        var view = store().read(id, true);
        assertThat(view.archived()).isTrue();
        assertThat(view.name()).isEqualTo("live and archived");
        assertThat(stored()).hasSize(3);
    }

    @Test
    void lazyThreadIsInvisibleUntilPersist() {
        store().createLazy(id);
        store().append(id, Items.userMessage("first"), Items.agentMessage("second"));

        assertThat(refusal(() -> store().read(id, true)).reason).isEqualTo(Reason.NOT_FOUND);
        assertThat(refusal(() -> store().loadHistory(id, true)).reason).isEqualTo(Reason.NOT_FOUND);

        store().persist(id);

        var items = store().loadHistory(id, false);
        assertThat(items).extracting(Item::type).containsExactly("session_meta", "event_msg", "event_msg");
        assertThat(items.get(0).payload()).contains(id.toString());
        assertThat(store().read(id, false).archived()).isFalse();
    }

    @Test
    void lazyThreadLeavesNoTraceOnDiscard() throws SQLException {
        store().createLazy(id);
        store().append(id, Items.userMessage("lost"));

        store().discard(id);

        assertThat(refusal(() -> store().read(id, true)).reason).isEqualTo(Reason.NOT_FOUND);
        assertThat(rowsOf(id)).isZero();
        store().create(id); // its id is free
    }

    @Test
    void lazyThreadThatHoldsNothingStaysLazyThroughFlushAndLeavesNoTraceOnShutdown() throws SQLException {
        store().createLazy(id);

        store().flush(id);
        assertThat(refusal(() -> store().read(id, true)).reason).isEqualTo(Reason.NOT_FOUND);
        store().shutdown(id);

        assertThat(rowsOf(id)).isZero();
    }

    @Test
    void flushMaterialisesALazyThreadThatHoldsItems() {
        store().createLazy(id);
        store().append(id, Items.userMessage("kept"));

        store().flush(id);

        assertThat(store().loadHistory(id, false)).hasSize(2);
    }

    @Test
    void shutdownMaterialisesALazyThreadThatHoldsItems() {
        store().createLazy(id);
        store().append(id, Items.userMessage("kept"));

        store().shutdown(id);

        assertThat(store().loadHistory(id, false)).hasSize(2);
    }

    @Test
    void persistMaterialisesALazyThreadThatHoldsNothing() {
        store().createLazy(id);

        store().persist(id);
        store().persist(id);

        assertThat(store().loadHistory(id, false)).hasSize(1);
    }

    @Test
    void patchMaterialisesALazyThread() {
        store().createLazy(id);
        store().append(id, Items.userMessage("before"));

        store().rename(id, "now it is there", false);

        assertThat(store().read(id, false).name()).isEqualTo("now it is there");
        assertThat(stored()).hasSize(3);
    }

    @Test
    void appendIsReadableAtOnceByteForByte() {
        var payload =
                "{\"type\":\"user_message\", \"message\":\"\\ud83d\\ude00 \\u0000\",\"n\":[1.0,1e3,9223372036854775808,"
                        + "-0],\"b\":{\"b\":1,\"a\":2},\"\":null, \"ü\":\"✓\\/\" }";
        store().create(id);

        store().append(id, "{ \"type\" : \"event_msg\",\"payload\":" + payload + "}");

        assertThat(lastPayload()).isEqualTo(payload);
    }

    @Test
    void appendAfterShutdownIsRefused() {
        store().create(id);
        store().append(id, Items.userMessage("kept"));
        store().shutdown(id);

        assertThat(refusal(() -> store().append(id, Items.userMessage("refused"))).reason)
                .isEqualTo(Reason.NOT_LIVE);
        assertThat(store().loadHistory(id, false)).hasSize(2);
    }

    @Test
    void resumeGoesOnAfterShutdown() {
        store().create(id);
        store().shutdown(id);

        store().resume(id, false);
        store().append(id, Items.userMessage("again"));

        assertThat(store().loadHistory(id, false)).hasSize(2);
    }

    @Test
    void duplicateCreateOfALiveThreadIsRefused() {
        store().create(id);

        assertThat(refusal(() -> store().createLazy(id)).reason).isEqualTo(Reason.ALREADY_LIVE);
    }

    @Test
    void droppedEventsTakeNoOrdinals() {
        store().create(id);

        store().append(
                        id,
                        Items.userMessage("kept"),
                        Items.event("agent_message_content_delta", "\"delta\":\"x\""),
                        Items.event("warning", "\"message\":\"x\""),
                        Items.event("an_event_of_the_future", ""));

        assertThat(stored()).extracting(Item::payload).last().isEqualTo("{\"type\":\"an_event_of_the_future\"}");
        assertThat(stored()).hasSize(3);
    }

    @Test
    void archiveClosesTheWriterAndHidesTheThread() {
        store().create(id);

        store().archive(id);

        assertThat(refusal(() -> store().append(id, Items.userMessage("refused"))).reason)
                .isEqualTo(Reason.NOT_LIVE);
        assertThat(refusal(() -> store().read(id, false)).reason).isEqualTo(Reason.NOT_FOUND);
        store().unarchive(id);
        assertThat(store().read(id, false).archived()).isFalse();
    }

    /** All that is stored, also what a transport does not show because its clients can't read it. */
    final List<Item> stored() {
        return new RestThreadStore().loadHistory(id, true);
    }

    final String lastPayload() {
        var items = store().loadHistory(id, false);
        return items.get(items.size() - 1).payload();
    }

    static Refused refusal(ThrowingCallable call) {
        var refused = catchThrowableOfType(Refused.class, call);
        assertThat(refused).as("the call is refused").isNotNull();
        return refused;
    }

    private void exchangeIdInSessionMeta(UUID other) throws SQLException {
        TestDatabase.updateOne("""
                UPDATE rollout_item i JOIN thread t ON t.thread_key = i.thread_key
                SET i.item = REPLACE(i.item, ?, ?) WHERE t.thread_id = ? AND i.ordinal = 0
                """, id.toString(), other.toString(), id.toString());
    }

    private long rowsOf(UUID threadId) throws SQLException {
        try (var connection = TestDatabase.connect();
                var statement = connection.prepareStatement("SELECT COUNT(*) FROM thread WHERE thread_id = ?")) {
            statement.setString(1, threadId.toString());
            try (var row = statement.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }
}
