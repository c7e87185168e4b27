package io.threadstore.thread;

import io.threadstore.error.ErrorKind;
import io.threadstore.error.FieldError;
import io.threadstore.error.ThreadStoreException;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/**
 * A change of at most one of a thread's name, memory mode and git info. The single-field rule is Codex's own (notes, 6): a patch
 * of two fields could not be recorded as one item, so it does not exist here.
 *
 * @param name 1 to {@value TextLimits#NAME} characters once trimmed; clear takes it away
 * @param memoryMode can't be cleared
 * @param gitInfo clear takes all of it away
 */
public record ThreadMetadataPatch(Change<String> name, Change<MemoryMode> memoryMode, Change<Git> gitInfo) {

    /** The names of the fields, in JSON and in the table. */
    public static final String NAME = "name";

    public static final String MEMORY_MODE = "memory_mode";
    public static final String GIT_INFO = "git_info";

    /** A change of parts of the git info; what is kept stays. */
    public record Git(Change<String> sha, Change<String> branch, Change<String> originUrl) {

        public Git {
            sha = checked(GIT_INFO + ".sha", sha, TextLimits.GIT_SHA);
            branch = checked(GIT_INFO + ".branch", branch, TextLimits.GIT_BRANCH);
            originUrl = checked(GIT_INFO + ".origin_url", originUrl, TextLimits.GIT_ORIGIN_URL);
        }

        /** The git info that this makes of another. */
        public @Nullable GitInfo applyTo(@Nullable GitInfo git) {
            return GitInfo.of(
                    merge(sha, git == null ? null : git.sha()),
                    merge(branch, git == null ? null : git.branch()),
                    merge(originUrl, git == null ? null : git.originUrl()));
        }

        private static @Nullable String merge(Change<String> change, @Nullable String current) {
            if (change instanceof Change.Set<String> set) {
                return set.value();
            }
            return change.isKept() ? current : null;
        }
    }

    /** @throws ThreadStoreException INVALID_REQUEST if two fields change, or one to what it can't be */
    public ThreadMetadataPatch {
        var changed = new ArrayList<String>();
        if (!name.isKept()) {
            changed.add(NAME);
        }
        if (!memoryMode.isKept()) {
            changed.add(MEMORY_MODE);
        }
        if (!gitInfo.isKept()) {
            changed.add(GIT_INFO);
        }
        if (changed.size() > 1) {
            throw ThreadStoreException.invalid(changed.stream()
                    .map(field -> new FieldError(field, "a patch changes one field, this one has " + changed))
                    .toList());
        }
        name = name.map(text -> checkedName(NAME, text, TextLimits.NAME));
        if (memoryMode instanceof Change.Clear) {
            throw ThreadStoreException.invalid(MEMORY_MODE, "can't be null");
        }
    }

    /** A patch of the name alone; null clears it. */
    public static ThreadMetadataPatch rename(@Nullable String name) {
        return new ThreadMetadataPatch(name == null ? Change.clear() : Change.set(name), Change.keep(), Change.keep());
    }

    /** Whether nothing changes. */
    public boolean isEmpty() {
        return name.isKept() && memoryMode.isKept() && gitInfo.isKept();
    }

    /**
     * A text that callers set, trimmed.
     *
     * @throws ThreadStoreException {@link ErrorKind#INVALID_REQUEST} if it is blank, too long or not storable
     */
    public static String checkedText(String field, String text, int maxLength) {
        var trimmed = text.strip();
        if (trimmed.isEmpty()) {
            throw ThreadStoreException.invalid(field, "must not be blank");
        }
        if (trimmed.codePointCount(0, trimmed.length()) > maxLength) {
            throw ThreadStoreException.invalid(field, "is longer than " + maxLength + " characters");
        }
        if (!TextLimits.isStorable(trimmed)) {
            throw ThreadStoreException.invalid(field, "holds U+0000 or half of a surrogate pair");
        }
        return trimmed;
    }

    /**
     * A name that callers set, trimmed.
     *
     * @throws ThreadStoreException {@link ErrorKind#INVALID_REQUEST} if {@link #checkedText} refuses it, or it holds
     *     control characters
     */
    public static String checkedName(String field, String text, int maxLength) {
        var trimmed = checkedText(field, text, maxLength);
        if (!TextLimits.isName(trimmed)) {
            throw ThreadStoreException.invalid(
                    field, "holds a control character, a line separator or a control of the writing direction");
        }
        return trimmed;
    }

    private static Change<String> checked(String field, Change<String> change, int maxLength) {
        return change.map(text -> checkedText(field, text, maxLength));
    }
}
