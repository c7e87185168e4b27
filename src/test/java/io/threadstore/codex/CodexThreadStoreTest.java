package io.threadstore.codex;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.hamcrest.Matchers.equalTo;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.threadstore.codex.proto.AppendThreadItemsRequest;
import io.threadstore.codex.proto.ArchiveThreadRequest;
import io.threadstore.codex.proto.CreateThreadRequest;
import io.threadstore.codex.proto.CwdFilter;
import io.threadstore.codex.proto.ListThreadsRequest;
import io.threadstore.codex.proto.LoadThreadHistoryRequest;
import io.threadstore.codex.proto.ReadThreadRequest;
import io.threadstore.codex.proto.ResumeThreadRequest;
import io.threadstore.codex.proto.SessionSource;
import io.threadstore.codex.proto.SessionSourceKind;
import io.threadstore.codex.proto.SortDirection;
import io.threadstore.codex.proto.StoredThread;
import io.threadstore.codex.proto.ThreadIdRequest;
import io.threadstore.codex.proto.ThreadMetadataPatch;
import io.threadstore.codex.proto.ThreadStoreGrpc;
import io.threadstore.codex.proto.UpdateThreadMetadataRequest;
import io.threadstore.testsupport.Items;
import io.threadstore.testsupport.Rest;
import io.threadstore.testsupport.TestDatabase;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What Codex alone needs, beyond the contract: texts and codes, lists, what is shown of a history. */
@QuarkusTest
@WithTestResource(TestDatabase.class)
class CodexThreadStoreTest {

    @TestHTTPResource
    URI service;

    UUID id = UUID.randomUUID();
    final String cwd = "/codex/" + UUID.randomUUID();

    private ManagedChannel channel;
    private ThreadStoreGrpc.ThreadStoreBlockingStub store;

    @BeforeEach
    void connect() {
        channel = NettyChannelBuilder.forAddress(service.getHost(), service.getPort())
                .usePlaintext()
                .build();
        store = ThreadStoreGrpc.newBlockingStub(channel);
    }

    @AfterEach
    void disconnect() {
        channel.shutdownNow();
    }

    @Test
    void whatIsNotThereIsRefusedInTheWordsOfCodexsLocalStore() {
        var noRollout = "no rollout found for thread id " + id;
        refused(() -> read(false), Status.Code.INVALID_ARGUMENT, noRollout);
        refused(() -> loadHistory(), Status.Code.INVALID_ARGUMENT, noRollout);
        refused(() -> store.archiveThread(archive()), Status.Code.INVALID_ARGUMENT, noRollout);
        refused(
                () -> store.unarchiveThread(archive()),
                Status.Code.INVALID_ARGUMENT,
                "no archived rollout found for thread id " + id);
        refused(
                () -> update(ThreadMetadataPatch.newBuilder().setName("x")),
                Status.Code.NOT_FOUND,
                "thread " + id + " not found");
        refused(() -> append(Items.userMessage("x")), Status.Code.NOT_FOUND, "thread " + id + " not found");
        refused(() -> store.persistThread(thread()), Status.Code.NOT_FOUND, "thread " + id + " not found");
        refused(
                () -> store.resumeThread(ResumeThreadRequest.newBuilder()
                        .setThreadId(id.toString())
                        .build()),
                Status.Code.NOT_FOUND,
                "thread " + id + " not found");
        // to end what is not there is no failure
        store.shutdownThread(thread());
        store.discardThread(thread());
    }

    @Test
    void appendThatLeavesNoTraceIsAnsweredWithoutALook() {
        // there is no such thread, and nobody has looked
        append(Items.event("agent_message_content_delta", "\"delta\":\"x\""), Items.event("shutdown_complete", ""));
        append();

        // what a writer of extended mode keeps is looked up, and so is what teaches
        refused(
                () -> append(Items.event("exec_command_end", "")),
                Status.Code.NOT_FOUND,
                "thread " + id + " not found");
        refused(
                () -> append(Items.event("thread_name_updated", "\"thread_name\":\"x\"")),
                Status.Code.NOT_FOUND,
                "thread " + id + " not found");
        refused(
                () -> append("{\"type\":\"event_msg\",\"payload\":{\"type\":\"warning\"}"),
                Status.Code.INVALID_ARGUMENT,
                null);
    }

    @Test
    void historyOfALazyThreadIsRefusedInTheWordsThatCodexLooksFor() {
        create("");

        assertThatThrownBy(this::loadHistory)
                .hasMessageStartingWith("INVALID_ARGUMENT: failed to resolve rollout path `");
    }

    @Test
    void archivingTwiceIsRefused() {
        create("");
        store.persistThread(thread());
        store.archiveThread(archive());

        refused(
                () -> store.archiveThread(archive()),
                Status.Code.INVALID_ARGUMENT,
                "no rollout found for thread id " + id);
        assertThat(store.unarchiveThread(archive()).getThread().getRolloutPath())
                .contains(id.toString());
        refused(
                () -> store.unarchiveThread(archive()),
                Status.Code.INVALID_ARGUMENT,
                "no archived rollout found for thread id " + id);
    }

    @Test
    void patchOfTwoFieldsIsRefusedInItsOwnWords() {
        create("");

        refused(
                () -> update(ThreadMetadataPatch.newBuilder().setName("x").setMemoryModeValue(1)),
                Status.Code.INVALID_ARGUMENT,
                "local thread store applies one metadata field per patch in this slice");
    }

    @Test
    void resumeTakesOverFromAWriterThatNeverClosed() {
        create("");
        append(Items.userMessage("a"));
        store.persistThread(thread());

        store.resumeThread(
                ResumeThreadRequest.newBuilder().setThreadId(id.toString()).build());
        append(Items.userMessage("b"));

        Rest.request().get(Rest.path(id) + "/writer").then().statusCode(200).body("epoch", equalTo(2));
    }

    @Test
    void oldClientsTellTheDirectoryInTheirFirstEvent() {
        create("");
        append(Items.event(
                "session_configured",
                "\"session_id\":\"" + id + "\",\"cwd\":\"" + cwd
                        + "\",\"model\":\"gpt-5\",\"model_provider_id\":\"fake\",\"thread_source\":\"user\""));
        append(Items.userMessage("hello"));
        store.persistThread(thread());

        assertThat(loadHistory().get(0))
                .contains("\"cwd\":\"" + cwd + "\"", "\"model_provider\":\"fake\"", "\"thread_source\":\"user\"");
        var thread = read(true);
        assertThat(thread.getCwd()).isEqualTo(cwd);
        assertThat(thread.getModelProvider()).isEqualTo("fake");
        assertThat(thread.getModel()).isEqualTo("gpt-5");
        assertThat(thread.getThreadSource()).isEqualTo("user");
        Rest.get(id).then().body("thread_source", equalTo("user"));
        assertThat(thread.getCreatedAt())
                .isBetween(Instant.now().getEpochSecond() - 60, Instant.now().getEpochSecond());
        assertThat(thread.getHistory().getItemsJsonCount()).isEqualTo(2);
    }

    @Test
    void itemsThatSomeVersionCantParseStayAway() {
        createIn(cwd);
        append(
                Items.event("thread_settings_applied", ""),
                "{\"type\":\"world_state\",\"payload\":{}}",
                Items.event(
                        "item_completed",
                        "\"thread_id\":\"" + id + "\",\"turn_id\":\"1\","
                                + "\"item\":{\"type\":\"Plan\",\"id\":\"2\",\"text\":\"first this\"}"),
                "{\"type\":\"response_item\",\"payload\":{\"type\":\"message\"}}",
                Items.userMessage("seen"));
        store.persistThread(thread());

        assertThat(loadHistory()).hasSize(3);
        Rest.get(id).then().body("item_count", equalTo(6));
    }

    @Test
    void history_withAnItemLongerThanAMessage_isShownOnceACompactionReplacesIt() {
        createIn(cwd);
        append(Items.responseItem("x".repeat(5 * 1024 * 1024)));
        store.persistThread(thread());
        assertThatThrownBy(this::loadHistory).hasMessageStartingWith("RESOURCE_EXHAUSTED: the history of thread " + id);

        append("{\"type\":\"compacted\",\"payload\":{\"message\":\"short\",\"replacement_history\":[]}}");

        assertThat(loadHistory()).hasSize(2).last().asString().contains("short");
    }

    /** Each patch appends a copy of the session_meta, base instructions and all. */
    @Test
    void history_ofManyPatchesWithLongInstructions_isShownWithTheFirstAndTheLastCopy() {
        Rest.create(id, "\"base_instructions\":{\"text\":\"" + "x".repeat(100_000) + "\"},")
                .then()
                .statusCode(201);
        append(Items.responseItem("kept"));
        for (var i = 0; i < 45; i++) {
            Rest.patch(id, "{\"git_info\":{\"branch\":\"b" + i + "\"}}").then().statusCode(200);
        }

        assertThat(loadHistory())
                .hasSizeBetween(3, 44)
                .anyMatch(item -> item.contains("kept"))
                .noneMatch(item -> item.contains("\"b1\""))
                .last()
                .asString()
                .contains("\"b44\"");
    }

    @Test
    void longHistoriesAreReducedStepByStepAndNoFurtherThanNeeded() {
        createIn(cwd);
        var text = "x".repeat(1024 * 1024);
        append(Items.responseItem("kept"), Items.event("token_count", "\"info\":null"));
        append(Items.event("agent_reasoning", "\"text\":\"" + text + "\""));
        append(Items.agentMessage("shown"), Items.event("token_count", "\"info\":null,\"last\":true"));
        append(Items.responseItem(text), Items.responseItem(text));
        store.persistThread(thread());
        assertThat(loadHistory()).as("it fits").hasSize(8);

        append(Items.responseItem(text));

        assertThat(loadHistory())
                .as("without a token count and the reasoning")
                .hasSize(7)
                .noneMatch(item -> item.contains("agent_reasoning"))
                .filteredOn(item -> item.contains("token_count"))
                .singleElement()
                .asString()
                .contains("\"last\":true");

        append(Items.responseItem(text));
        assertThatThrownBy(this::loadHistory)
                .hasMessageStartingWith("RESOURCE_EXHAUSTED: the history of thread " + id)
                .hasMessageContaining("/v1/threads/" + id + "/rollout");

        append("{\"type\":\"compacted\",\"payload\":{\"message\":\"short\",\"replacement_history\":[]}}");
        append(Items.responseItem("after"));
        assertThat(loadHistory())
                .as("what the compaction replaced goes, the oldest first")
                .anyMatch(item -> item.contains("after"))
                .anyMatch(item -> item.contains("shown"))
                .anyMatch(item -> item.contains(text))
                .noneMatch(item -> item.contains("kept"));
    }

    @Test
    void listsHoldThreadsInWhichTheUserHasSaidSomething() {
        createIn(cwd);
        store.persistThread(thread());
        assertThat(list(request())).isEmpty();

        append(Items.userMessage("Find Me"));

        assertThat(list(request())).containsExactly(id.toString());
        assertThat(list(request().setSearchTerm("Find"))).containsExactly(id.toString());
        assertThat(list(request().setSearchTerm("find"))).isEmpty();
        assertThat(list(request().addAllowedSources(source("atlas")))).containsExactly(id.toString());
        assertThat(list(request().addAllowedSources(source("chatgpt")))).isEmpty();
        assertThat(list(request().setCwdFilter(CwdFilter.getDefaultInstance()))).isEmpty();
    }

    @Test
    void bareTimesAreCursors() {
        createIn(cwd);
        append(Items.userMessage("x"));
        store.persistThread(thread());
        var created = Instant.parse(Rest.get(id).jsonPath().getString("created_at"));

        assertThat(list(request().setCursor(created.plusMillis(1).toString()))).containsExactly(id.toString());
        assertThat(list(request().setCursor(created.toString()))).isEmpty();
        var ascending = request().setSortDirection(SortDirection.SORT_DIRECTION_ASC);
        assertThat(list(ascending.setCursor(created.minusMillis(1).toString()))).containsExactly(id.toString());
        assertThat(list(ascending.setCursor(created.toString()))).isEmpty();
        var tomorrow = created.plusSeconds(86_400).toString().substring(0, 19).replaceAll("(?<=T.*):", "-");
        assertThat(list(request().setCursor(tomorrow))).containsExactly(id.toString());
        var never = "+999999999-12-31T23:59:59Z";
        refused(() -> list(request().setCursor(never)), Status.Code.INVALID_ARGUMENT, "invalid cursor: " + never);
        refused(() -> list(request().setCursor("bogus")), Status.Code.INVALID_ARGUMENT, "invalid cursor: bogus");
    }

    /** Each of these threads has a summary of about 30 kB, most of it in 4-byte characters. */
    @Test
    void listsStayBelowWhatAClientTakes() {
        var directory = "/" + "\ud83d\ude00".repeat(4000);
        var ids = new ArrayList<String>();
        for (var number = 0; number < 150; number++) {
            id = UUID.randomUUID();
            ids.add(0, id.toString());
            createIn(directory);
            append(Items.userMessage("\ud83d\ude00".repeat(2000)));
            store.persistThread(thread());
        }

        var all = ListThreadsRequest.newBuilder()
                .setPageSize(200)
                .setSortDirection(SortDirection.SORT_DIRECTION_DESC)
                .setCwdFilter(CwdFilter.newBuilder().addValues(directory));
        var listed = new ArrayList<String>();
        var isMore = true;
        while (isMore) {
            var page = store.listThreads(all.build());
            assertThat(page.getSerializedSize()).isBetween(10_000, 4 * 1024 * 1024);
            page.getThreadsList().stream().map(StoredThread::getThreadId).forEach(listed::add);
            isMore = page.hasNextCursor();
            all.setCursor(page.getNextCursor());
        }
        assertThat(listed).isEqualTo(ids);
        ids.forEach(each -> Rest.request().delete(Rest.path(UUID.fromString(each))));
    }

    @Test
    void policiesThatSomeVersionCantParseStayAway() {
        createIn(cwd);
        append("{\"type\":\"turn_context\",\"payload\":{\"cwd\":\"/\",\"model\":\"m\",\"effort\":\"max\","
                + "\"approval_policy\":{\"granular\":{\"rules\":1}},"
                + "\"sandbox_policy\":{\"type\":\"workspace-write\",\"network_access\":\"no\"}}}");
        store.persistThread(thread());

        var thread = read(false);
        assertThat(thread.hasApprovalModeJson()).isFalse();
        assertThat(thread.hasReasoningEffort()).isFalse();
        assertThat(thread.getSandboxPolicyJson()).isEqualTo("{\"type\":\"workspace-write\"}");
    }

    @Test
    void messagesOfWholeHistoriesAreTaken() {
        createIn(cwd);
        var text = "x".repeat(5 * 1024 * 1024);

        append(Items.responseItem(text), Items.responseItem(text), Items.responseItem(text));
        refused(
                () -> append(Items.responseItem(text + text), Items.responseItem(text + text)),
                Status.Code.RESOURCE_EXHAUSTED,
                "the body is longer than 16777221 bytes");

        store.persistThread(thread());
        Rest.get(id).then().body("item_count", equalTo(4));
    }

    private void create(String metadata) {
        store.createThread(CreateThreadRequest.newBuilder()
                .setThreadId(id.toString())
                .setSource(source("atlas"))
                .setBaseInstructionsJson("{\"text\":\"be kind\"}")
                .setMetadataJson(metadata)
                .build());
    }

    private void createIn(String directory) {
        create("{\"cwd\":\"" + directory + "\",\"model_provider\":\"fake\",\"memory_mode\":\"enabled\"}");
    }

    private static SessionSource source(String custom) {
        return SessionSource.newBuilder()
                .setKind(SessionSourceKind.SESSION_SOURCE_KIND_CUSTOM)
                .setCustom(custom)
                .build();
    }

    private void append(String... items) {
        store.appendItems(AppendThreadItemsRequest.newBuilder()
                .setThreadId(id.toString())
                .addAllItemsJson(List.of(items))
                .build());
    }

    private StoredThread read(boolean withHistory) {
        return store.readThread(ReadThreadRequest.newBuilder()
                        .setThreadId(id.toString())
                        .setIncludeHistory(withHistory)
                        .build())
                .getThread();
    }

    private List<String> loadHistory() {
        return store.loadHistory(LoadThreadHistoryRequest.newBuilder()
                        .setThreadId(id.toString())
                        .build())
                .getItemsJsonList();
    }

    private void update(ThreadMetadataPatch.Builder patch) {
        store.updateThreadMetadata(UpdateThreadMetadataRequest.newBuilder()
                .setThreadId(id.toString())
                .setPatch(patch)
                .build());
    }

    private ThreadIdRequest thread() {
        return ThreadIdRequest.newBuilder().setThreadId(id.toString()).build();
    }

    private ArchiveThreadRequest archive() {
        return ArchiveThreadRequest.newBuilder().setThreadId(id.toString()).build();
    }

    private ListThreadsRequest.Builder request() {
        return ListThreadsRequest.newBuilder()
                .setPageSize(25)
                .setSortDirection(SortDirection.SORT_DIRECTION_DESC)
                .setCwdFilter(CwdFilter.newBuilder().addValues(cwd));
    }

    private List<String> list(ListThreadsRequest.Builder request) {
        return store.listThreads(request.build()).getThreadsList().stream()
                .map(StoredThread::getThreadId)
                .toList();
    }

    private static void refused(ThrowingCallable call, Status.Code code, String message) {
        assertThatThrownBy(call).isInstanceOfSatisfying(StatusRuntimeException.class, refusal -> {
            assertThat(refusal.getStatus().getCode()).isEqualTo(code);
            if (message != null) {
                assertThat(refusal.getStatus().getDescription()).isEqualTo(message);
            }
        });
    }
}
