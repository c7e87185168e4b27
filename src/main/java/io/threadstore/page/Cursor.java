package io.threadstore.page;

/**
 * A place in a list: everything after (sortValue, key) in the list's order is still to come. {@link Cursors} writes it
 * as callers carry it.
 *
 * @param sortValue the last row's sort value
 * @param key the last row's key, which orders rows of equal sort value
 */
public record Cursor(long sortValue, long key) {}
