package io.threadstore.thread;

/** A thread's place in the life cycle. Every list ranges over one state. */
public enum ThreadState {
    /** Created lazily and not materialised: invisible to readers. */
    LAZY,
    /** Materialised and not put away. */
    ACTIVE,
    /** Put away: hidden from default lists and reads. */
    ARCHIVED
}
