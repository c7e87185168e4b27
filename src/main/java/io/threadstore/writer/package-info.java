/**
 * Live writers: the right to append to a thread. At most one per thread, with an epoch that fences the one before it and a
 * lease that lets another take over from one that died.
 */
@NullMarked
package io.threadstore.writer;

import org.jspecify.annotations.NullMarked;
