package io.threadstore.rollout;

import io.threadstore.thread.PersistenceMode;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** An append between its caller and the committer that stores it. */
final class PendingAppend {

    private final CompletableFuture<Optional<AppendGroups.Stored>> answer = new CompletableFuture<>();
    private final AppendRows.Key key;
    private final @Nullable Long epoch;
    private final AppendItems append;
    private final @Nullable String tokenUsage;
    private final long bytes;
    private final long since = System.nanoTime();
    private long keptBytes;
    private boolean isLocked;
    private AppendGroups.@Nullable Stored stored;

    PendingAppend(AppendRows.Key key, @Nullable Long epoch, AppendItems append, @Nullable String tokenUsage) {
        this.tokenUsage = tokenUsage;
        this.key = key;
        this.epoch = epoch;
        this.append = append;
        this.bytes =
                append.items().stream().mapToLong(item -> item.text().length()).sum();
    }

    /** Completed once; empty if nothing is stored and it has to go alone. */
    CompletableFuture<Optional<AppendGroups.Stored>> answer() {
        return answer;
    }

    AppendRows.Key key() {
        return key;
    }

    @Nullable
    String tokenUsage() {
        return tokenUsage;
    }

    /** Of its items' texts. */
    long bytes() {
        return bytes;
    }

    /** When it came, in nanoseconds of {@link System#nanoTime}. */
    long since() {
        return since;
    }

    /** Whether it says more to the thread's summary than a group can, whatever the thread is like. */
    boolean saysMoreThanUsage() {
        return append.items().stream().anyMatch(item -> ThreadSummarizer.saysMoreThanUsage(item, true));
    }

    boolean isPlainFor(AppendRow row) {
        var expected = append.expectedOrdinal();
        return row.isWrittenBy(epoch)
                && (expected == null || expected == row.nextOrdinal())
                && append.items().stream()
                        .noneMatch(item -> ThreadSummarizer.saysMoreThanUsage(item, row.hasFirstUserMessage()))
                && append.items().stream().anyMatch(item -> PersistencePolicy.keeps(row.mode(), item));
    }

    List<RolloutItem> keptBy(PersistenceMode mode) {
        var kept = append.items().stream()
                .filter(item -> PersistencePolicy.keeps(mode, item))
                .toList();
        keptBytes = kept.stream().mapToLong(item -> item.text().length()).sum();
        return kept;
    }

    long keptBytes() {
        return keptBytes;
    }

    /** Its thread is locked by a transaction of another replica, or one outside the groups. */
    void foundLocked() {
        isLocked = true;
    }

    /** Whether its thread was found locked by the group that had it last. */
    boolean isLocked() {
        return isLocked;
    }

    /** A group begins with it: nothing of it is stored. */
    void begin() {
        isLocked = false;
        stored = null;
    }

    /** It is part of its group's transaction. */
    void store(long first, int count) {
        stored = new AppendGroups.Stored(
                new AppendResult(first, first + count, count, append.items().size() - count, false), keptBytes);
    }

    /** Whether it is part of its group's transaction. */
    boolean isStored() {
        return stored != null;
    }

    /** Its group is committed. */
    void end() {
        answer.complete(Optional.ofNullable(stored));
    }

    /** Nothing of it is stored, and it has to be executed singly. */
    void goAlone() {
        answer.complete(Optional.empty());
    }

    void fail(Throwable failure) {
        answer.completeExceptionally(failure);
    }
}
