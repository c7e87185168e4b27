/**
 * The thread as a row: its identity, its summary (all that a list needs), its place in the life cycle, and the ways to look
 * it up, one by one or in keyset pages. The only package that knows the {@code thread} table: everyone else reaches a thread
 * through {@link io.threadstore.thread.ThreadRows}, which checks the tenant, and then goes by the thread's key.
 */
@NullMarked
package io.threadstore.thread;

import org.jspecify.annotations.NullMarked;
