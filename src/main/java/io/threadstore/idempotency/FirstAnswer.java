package io.threadstore.idempotency;

import org.jspecify.annotations.Nullable;

/**
 * The answer that a request got when it was done.
 *
 * @param status the transport's own
 * @param location where what was made is; null if nothing was
 * @param etag the version of what was answered; null if it has none
 * @param body JSON
 * @param isReplay whether the request was done before, and is only answered now
 */
public record FirstAnswer(
        int status, @Nullable String location, @Nullable String etag, String body, boolean isReplay) {}
