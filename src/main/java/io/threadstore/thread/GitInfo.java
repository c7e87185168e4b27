package io.threadstore.thread;

import org.jspecify.annotations.Nullable;

/**
 * The git checkout that a thread worked in. At least one part is present: a thread without any has no git info.
 *
 * @param sha the commit
 * @param branch the branch's name
 * @param originUrl the URL of the remote named origin
 */
public record GitInfo(
        @Nullable String sha,
        @Nullable String branch,
        @Nullable String originUrl) {

    /** The parts as one, or null where none is present. */
    public static @Nullable GitInfo of(@Nullable String sha, @Nullable String branch, @Nullable String originUrl) {
        return sha == null && branch == null && originUrl == null ? null : new GitInfo(sha, branch, originUrl);
    }
}
