package io.threadstore.lifecycle;

import io.threadstore.thread.StoredThread;
import io.threadstore.writer.LiveWriter;

/** A new thread and its first writer. */
public record CreatedThread(StoredThread thread, LiveWriter writer) {}
