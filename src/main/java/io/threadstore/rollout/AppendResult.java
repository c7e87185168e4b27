package io.threadstore.rollout;

import org.jspecify.annotations.Nullable;

/**
 * What an append did.
 *
 * @param firstOrdinal the ordinal of the first kept item; null if none was kept
 * @param nextOrdinal the ordinal after the last kept item
 * @param appended how many items were stored
 * @param dropped how many the persistence policy dropped
 * @param replayed whether the very same items were stored at these ordinals before, so that nothing was written now
 */
public record AppendResult(
        @Nullable Long firstOrdinal, long nextOrdinal, int appended, int dropped, boolean replayed) {}
