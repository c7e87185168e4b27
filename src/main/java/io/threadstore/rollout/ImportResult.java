package io.threadstore.rollout;

import io.threadstore.thread.StoredThread;

/**
 * What an import did.
 *
 * @param thread the thread as it is now, or would be
 * @param isNew whether the thread was not stored before
 * @param appended how many items were stored, the first one included
 * @param replayed how many of the file's items were stored already
 */
public record ImportResult(StoredThread thread, boolean isNew, long appended, long replayed) {}
