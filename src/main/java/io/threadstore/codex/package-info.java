/**
 * The gRPC service {@code codex.thread_store.v1} that Codex 0.125 to 0.129 speak, over the same services as REST. What only Codex needs
 * lives here and nowhere else: its texts and status codes, its rollout paths, its cursors, and the filter that keeps items which some
 * version can't parse from making a thread unreadable.
 */
@NullMarked
package io.threadstore.codex;

import org.jspecify.annotations.NullMarked;
