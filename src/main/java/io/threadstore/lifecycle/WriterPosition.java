package io.threadstore.lifecycle;

/**
 * How far a thread is stored.
 *
 * @param materialized whether readers see it
 * @param nextOrdinal every item below this is durable and, once materialised, readable
 */
public record WriterPosition(boolean materialized, long nextOrdinal) {}
