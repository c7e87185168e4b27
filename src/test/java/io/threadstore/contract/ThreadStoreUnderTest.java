package io.threadstore.contract;

import java.util.List;
import java.util.UUID;

/** The store as the contract sees it, whatever carries the calls. A refused call throws {@link Refused}. */
interface ThreadStoreUnderTest {

    /** What a reader sees of a thread. */
    record View(String name, String memoryMode, String gitSha, boolean archived) {}

    /** An item: its type, and its payload byte for byte. */
    record Item(String type, String payload) {}

    /** Why a call was refused. */
    enum Reason {
        NOT_FOUND,
        NOT_LIVE,
        ALREADY_LIVE,
        INVALID,
        INTERNAL
    }

    /** A refused call. */
    final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1L;

        final Reason reason;

        Refused(Reason reason, String message) {
            super(message);
            this.reason = reason;
        }
    }

    /** Creates a thread that readers see at once. */
    void create(UUID id);

    void createLazy(UUID id);

    void resume(UUID id, boolean includeArchived);

    void append(UUID id, String... items);

    void persist(UUID id);

    void flush(UUID id);

    void shutdown(UUID id);

    void discard(UUID id);

    List<Item> loadHistory(UUID id, boolean includeArchived);

    View read(UUID id, boolean includeArchived);

    /** The threads whose name contains the text. */
    List<UUID> findByName(String part);

    void rename(UUID id, String name, boolean includeArchived);

    void setMemoryMode(UUID id, String mode, boolean includeArchived);

    void setGitSha(UUID id, String sha, boolean includeArchived);

    /** A patch of two fields. */
    void renameAndSetMemoryMode(UUID id, String name, String mode);

    void archive(UUID id);

    void unarchive(UUID id);
}
