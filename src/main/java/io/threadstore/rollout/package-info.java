/**
 * The append-only history: what a rollout item is, which items the persistence policy keeps, what they say about their
 * thread, how they are appended (exactly once), read page by page, imported and exported. Items are inserted and read, never
 * changed, and come out byte for byte as they went in.
 */
@NullMarked
package io.threadstore.rollout;

import org.jspecify.annotations.NullMarked;
