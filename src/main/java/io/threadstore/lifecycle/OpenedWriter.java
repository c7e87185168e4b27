package io.threadstore.lifecycle;

import io.threadstore.thread.ThreadId;
import io.threadstore.writer.LiveWriter;

/**
 * A thread's live writer and where it goes on.
 *
 * @param nextOrdinal the ordinal that its next item gets
 */
public record OpenedWriter(ThreadId threadId, LiveWriter writer, long nextOrdinal) {}
