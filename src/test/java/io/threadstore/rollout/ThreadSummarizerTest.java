package io.threadstore.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import io.threadstore.testsupport.Items;
import io.threadstore.thread.MemoryMode;
import io.threadstore.thread.SourceKind;
import io.threadstore.thread.ThreadId;
import io.threadstore.thread.ThreadSummary;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ThreadSummarizerTest {

    private final ThreadId id = ThreadId.random(Instant.now());
    private final ThreadSummary summary = new ThreadSummary();
    private final ThreadSummarizer summarizer = new ThreadSummarizer(io.threadstore.testsupport.Settings.JSON);

    @Test
    void firstUserMessageIsTheFirstWithText() {
        apply(Items.userMessage("   "));
        apply(Items.userMessage("<context>## My request for Codex:\\n fix it "));
        apply(Items.userMessage("later"));

        assertThat(summary.firstUserMessage()).isEqualTo("fix it");
    }

    @Test
    void messageOfImagesAloneIsShownAsOne() {
        apply(Items.event("user_message", "\"message\":\"\",\"images\":[\"x\"]"));

        assertThat(summary.firstUserMessage()).isEqualTo("[Image]");
    }

    @Test
    void responseItemsSayNothing() {
        apply(Items.responseItem("hello"));

        assertThat(summary.firstUserMessage()).isNull();
    }

    @Test
    void lastTurnContextCountsButItsDirectoryOnlyWhereNoneIsKnown() {
        apply(
                "{\"type\":\"turn_context\",\"payload\":{\"cwd\":\"/a\",\"model\":\"m1\",\"effort\":\"low\",\"approval_policy\":"
                        + "\"never\",\"sandbox_policy\":{\"type\":\"read-only\"}}}");
        apply(
                "{\"type\":\"turn_context\",\"payload\":{\"cwd\":\"/b\",\"model\":\"m2\",\"approval_policy\":{\"granular\":{}},"
                        + "\"sandbox_policy\":{\"n\":1.0}}}");

        assertThat(summary.cwd()).isEqualTo("/a");
        assertThat(summary.model()).isEqualTo("m2");
        assertThat(summary.reasoningEffort()).isNull();
        assertThat(summary.approvalMode()).isEqualTo("{\"granular\":{}}");
        assertThat(summary.sandboxPolicy()).isEqualTo("{\"n\":1.0}");
    }

    @Test
    void lastTokenCountWithInfoCounts() {
        apply(Items.event("token_count", "\"info\":{\"total_token_usage\":{\"total_tokens\":1}}"));
        apply(Items.event("token_count", "\"info\":{\"total_token_usage\":{\"total_tokens\":2}}"));
        apply(Items.event("token_count", "\"info\":null"));

        assertThat(summary.tokenUsage()).isEqualTo("{\"total_tokens\":2}");
    }

    @Test
    void sessionMetaOfAnotherThreadChangesTheMemoryModeAlone() {
        meta(id.value(), "\"cwd\":\"/own\",\"source\":\"exec\"");
        meta(
                UUID.randomUUID(),
                "\"cwd\":\"/other\",\"source\":\"cli\",\"memory_mode\":\"disabled\",\"git\":{\"branch\":\"b\"}");

        assertThat(summary.cwd()).isEqualTo("/own");
        assertThat(summary.source().kind()).isEqualTo(SourceKind.EXEC);
        assertThat(summary.memoryMode()).isEqualTo(MemoryMode.DISABLED);
        assertThat(summary.gitInfo()).isNull();
    }

    @Test
    void gitInfoIsReplacedWholeAndKeptWhereAMetaHasNone() {
        meta(id.value(), "\"git\":{\"commit_hash\":\"c\",\"branch\":\"b\"}");
        meta(id.value(), "\"memory_mode\":\"disabled\"");
        assertThat(summary.gitInfo()).isNotNull();

        meta(id.value(), "\"git\":{\"repository_url\":\"u\"}");
        assertThat(summary.gitInfo()).isEqualTo(new io.threadstore.thread.GitInfo(null, null, "u"));

        meta(id.value(), "\"git\":{}");
        assertThat(summary.gitInfo()).isNull();
    }

    @Test
    void nameOfAnotherThreadInACopiedHistoryIsPassedOver() {
        apply(Items.event("thread_name_updated", "\"thread_id\":\"" + id + "\",\"thread_name\":\" mine \""));
        apply(Items.event(
                "thread_name_updated", "\"thread_id\":\"" + UUID.randomUUID() + "\",\"thread_name\":\"theirs\""));

        assertThat(summary.name()).isEqualTo("mine");
        apply(Items.event("thread_name_updated", "\"thread_id\":\"" + id + "\",\"thread_name\":null"));
        assertThat(summary.name()).isNull();
    }

    @Test
    void whatAColumnCantHoldBecomesTheReplacementCharacter() {
        apply(Items.userMessage("a\\ud800b\\u0000c"));

        assertThat(summary.firstUserMessage()).isEqualTo("a\uFFFDb\uFFFDc");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    "cli"                                        | CLI
                    "vscode"                                     | VSCODE
                    "exec"                                       | EXEC
                    "mcp"                                        | APP_SERVER
                    "unknown"                                    | UNKNOWN
                    "of_the_future"                              | UNKNOWN
                    {"custom":"atlas"}                           | CUSTOM
                    {"internal":"memory_consolidation"}          | UNKNOWN
                    {"subagent":"review"}                        | SUB_AGENT_REVIEW
                    {"subagent":"compact"}                       | SUB_AGENT_COMPACT
                    {"subagent":"memory_consolidation"}          | SUB_AGENT_MEMORY_CONSOLIDATION
                    {"subagent":{"other":"x"}}                   | SUB_AGENT_OTHER
                    {"subagent":{"thread_spawn":{"parent_thread_id":"01a1fab6-71a6-78b0-80d3-d8e7488ce317","depth":1}}} | SUB_AGENT_THREAD_SPAWN
                    {"subagent":{"thread_spawn":{}}}             | UNKNOWN
                    null                                         | VSCODE
                    """)
    void sourcesAreReadAsCodexWritesThem(String source, SourceKind kind) {
        meta(id.value(), "\"source\":" + source);

        assertThat(summary.source().kind()).isEqualTo(kind);
    }

    private void meta(UUID threadId, String members) {
        apply("{\"type\":\"session_meta\",\"payload\":{\"id\":\"" + threadId + "\"," + members + "}}");
    }

    private void apply(String item) {
        summarizer.apply(summary, id, TestReader.read(item));
    }
}
