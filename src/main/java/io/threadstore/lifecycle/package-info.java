/**
 * What happens to a thread as a whole, across its row, its writer and its history: it is created, made live, materialised,
 * patched, archived, deleted. One transaction each, and every one begins by locking the thread's row.
 */
@NullMarked
package io.threadstore.lifecycle;

import org.jspecify.annotations.NullMarked;
