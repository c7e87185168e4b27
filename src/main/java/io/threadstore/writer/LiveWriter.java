package io.threadstore.writer;

import io.threadstore.thread.PersistenceMode;
import java.time.Instant;

/**
 * The right to append to a thread.
 *
 * @param epoch its number: each new writer of a thread gets a higher one, and an older one can no longer append
 * @param persistenceMode which items it keeps
 * @param openedAt when it was opened
 * @param expiresAt when its lease ends. Nothing happens then but that another writer may be opened without a takeover
 */
public record LiveWriter(long epoch, PersistenceMode persistenceMode, Instant openedAt, Instant expiresAt) {}
