package io.threadstore.thread;

import jakarta.persistence.Column;
import jakarta.persistence.Embeddable;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a list shows of a thread, derived from its items in the transaction that appends them. Each method takes one fact as
 * an item states it and makes it fit: texts are cut to {@link TextLimits}, what a column can't hold becomes U+FFFD. Which
 * items state what is the business of the rollout's summarizer.
 */
@Embeddable
public class ThreadSummary {

    @Column(name = "session_id")
    private @Nullable UUID sessionId;

    @Column(name = "forked_from_id")
    private @Nullable UUID forkedFromId;

    @Column(name = "parent_thread_id")
    private @Nullable UUID parentThreadId;

    @Column(name = "name")
    private @Nullable String name;

    @Column(name = "first_user_message")
    private @Nullable String firstUserMessage;

    @Enumerated(EnumType.STRING)
    @Column(name = "source_kind", nullable = false, columnDefinition = "varchar(64)")
    private SourceKind sourceKind = SourceKind.UNKNOWN;

    @Column(name = "source_label")
    private @Nullable String sourceLabel;

    @Column(name = "source_parent_id")
    private @Nullable UUID sourceParentId;

    @Column(name = "source_depth")
    private @Nullable Integer sourceDepth;

    @Column(name = "thread_source")
    private @Nullable String threadSource;

    @Column(name = "originator")
    private @Nullable String originator;

    @Column(name = "cli_version")
    private @Nullable String cliVersion;

    @Column(name = "model_provider")
    private @Nullable String modelProvider;

    @Column(name = "model")
    private @Nullable String model;

    @Column(name = "reasoning_effort")
    private @Nullable String reasoningEffort;

    @Column(name = "cwd")
    private @Nullable String cwd;

    @Column(name = "git_sha")
    private @Nullable String gitSha;

    @Column(name = "git_branch")
    private @Nullable String gitBranch;

    @Column(name = "git_origin_url")
    private @Nullable String gitOriginUrl;

    @Enumerated(EnumType.STRING)
    @Column(name = "memory_mode", nullable = false, columnDefinition = "varchar(16)")
    private MemoryMode memoryMode = MemoryMode.ENABLED;

    @Column(name = "agent_nickname")
    private @Nullable String agentNickname;

    @Column(name = "agent_role")
    private @Nullable String agentRole;

    @Column(name = "agent_path")
    private @Nullable String agentPath;

    @Column(name = "approval_mode", columnDefinition = "text")
    private @Nullable String approvalMode;

    @Column(name = "sandbox_policy", columnDefinition = "text")
    private @Nullable String sandboxPolicy;

    @Column(name = "token_usage", columnDefinition = "text")
    private @Nullable String tokenUsage;

    /** Where the thread comes from; ids are opaque and never looked up. */
    public void derivesFrom(@Nullable UUID session, @Nullable UUID forkedFrom, @Nullable UUID parentThread) {
        sessionId = session;
        forkedFromId = forkedFrom;
        parentThreadId = parentThread;
    }

    public void startedBy(SessionSource source) {
        sourceKind = source.kind();
        sourceLabel = label(source.custom() != null ? source.custom() : source.other());
        sourceParentId = source.parentThreadId();
        sourceDepth = source.depth();
    }

    /** What kind of user began it. */
    public void begunBy(@Nullable String user) {
        threadSource = label(user);
    }

    public void madeWith(@Nullable String program, @Nullable String version) {
        originator = label(program);
        cliVersion = label(version);
    }

    public void playedBy(@Nullable String nickname, @Nullable String role, @Nullable String path) {
        agentNickname = label(nickname);
        agentRole = label(role);
        agentPath = label(path);
    }

    public void providedBy(@Nullable String provider) {
        modelProvider = label(provider);
    }

    public void usesModel(@Nullable String name, @Nullable String effort) {
        model = label(name);
        reasoningEffort = label(effort);
    }

    /** The directory that the thread works in, if none is known yet. */
    public void worksIn(@Nullable String directory) {
        if (cwd == null && directory != null && !directory.isEmpty()) {
            cwd = TextLimits.cut(directory, TextLimits.CWD);
        }
    }

    /** The directory that the thread works in, whatever was known. */
    public void movesTo(@Nullable String directory) {
        if (directory != null && !directory.isEmpty()) {
            cwd = TextLimits.cut(directory, TextLimits.CWD);
        }
    }

    public void checkedOut(@Nullable String sha, @Nullable String branch, @Nullable String originUrl) {
        gitSha = TextLimits.cut(sha, TextLimits.GIT_SHA);
        gitBranch = TextLimits.cut(branch, TextLimits.GIT_BRANCH);
        gitOriginUrl = TextLimits.cut(originUrl, TextLimits.GIT_ORIGIN_URL);
    }

    public void remembers(MemoryMode mode) {
        memoryMode = mode;
    }

    /** The thread's name; null takes it away. */
    public void rename(@Nullable String newName) {
        name = TextLimits.cutName(newName);
    }

    /** The first user message, if none is known yet. */
    public void asks(String message) {
        if (firstUserMessage == null) {
            firstUserMessage = TextLimits.cut(message, TextLimits.FIRST_USER_MESSAGE);
        }
    }

    /** The approval mode as JSON. */
    public void approves(@Nullable String json) {
        approvalMode = json(json);
    }

    /** The sandbox policy as JSON. */
    public void isSandboxedBy(@Nullable String json) {
        sandboxPolicy = json(json);
    }

    /** The tokens used so far as JSON. */
    public void hasUsed(String json) {
        tokenUsage = json(json);
    }

    public @Nullable UUID sessionId() {
        return sessionId;
    }

    public @Nullable UUID forkedFromId() {
        return forkedFromId;
    }

    public @Nullable UUID parentThreadId() {
        return parentThreadId;
    }

    public @Nullable String name() {
        return name;
    }

    public @Nullable String firstUserMessage() {
        return firstUserMessage;
    }

    /** What started the thread. */
    public SessionSource source() {
        return SessionSource.stored(
                sourceKind, sourceLabel, sourceParentId, sourceDepth, agentNickname, agentRole, agentPath);
    }

    /** What kind of user began the thread: Codex' words are {@code user}, {@code subagent} and {@code memory_consolidation}. */
    public @Nullable String threadSource() {
        return threadSource;
    }

    public @Nullable String originator() {
        return originator;
    }

    public @Nullable String cliVersion() {
        return cliVersion;
    }

    public @Nullable String modelProvider() {
        return modelProvider;
    }

    public @Nullable String model() {
        return model;
    }

    public @Nullable String reasoningEffort() {
        return reasoningEffort;
    }

    public @Nullable String cwd() {
        return cwd;
    }

    public @Nullable GitInfo gitInfo() {
        return GitInfo.of(gitSha, gitBranch, gitOriginUrl);
    }

    public MemoryMode memoryMode() {
        return memoryMode;
    }

    public @Nullable String agentNickname() {
        return agentNickname;
    }

    public @Nullable String agentRole() {
        return agentRole;
    }

    public @Nullable String agentPath() {
        return agentPath;
    }

    public @Nullable String approvalMode() {
        return approvalMode;
    }

    public @Nullable String sandboxPolicy() {
        return sandboxPolicy;
    }

    public @Nullable String tokenUsage() {
        return tokenUsage;
    }

    private static @Nullable String label(@Nullable String text) {
        return text == null || text.isEmpty() ? null : TextLimits.cut(text, TextLimits.LABEL);
    }

    private static @Nullable String json(@Nullable String json) {
        return json == null || json.getBytes(StandardCharsets.UTF_8).length > TextLimits.JSON_BYTES ? null : json;
    }
}
