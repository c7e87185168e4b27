/** Threadstore: the durable home of AI-agent threads. */
@NullMarked
package io.threadstore;

import org.jspecify.annotations.NullMarked;
