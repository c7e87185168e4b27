package io.threadstore.error;

/** Every kind of failure of the store. A transport maps it to its own codes with an exhaustive switch. */
public enum ErrorKind {
    /** The request is malformed, or breaks a rule that does not depend on what is stored. */
    INVALID_REQUEST,
    /** A rollout file does not begin with the {@code session_meta} of the thread it is imported into. */
    SESSION_META_MISMATCH,
    /** No thread with this id is visible to the caller. */
    THREAD_NOT_FOUND,
    /** The thread has no live writer. */
    WRITER_NOT_FOUND,
    /** The operation needs a live writer, and the thread has none. */
    THREAD_NOT_LIVE,
    /** A thread with this id is stored already. */
    THREAD_EXISTS,
    /** The thread has a live writer already. */
    THREAD_ALREADY_LIVE,
    /** The caller's writer has been taken over: its epoch is not the current one. */
    WRITER_FENCED,
    /** Other items are stored at the ordinals that the caller expected to write. */
    ORDINAL_CONFLICT,
    /** The key that names a request has come with another request before. */
    IDEMPOTENCY_KEY_REUSED,
    /** The thread is not in the version that the caller named. */
    PRECONDITION_FAILED,
    /** An item, a request or a file is larger than the configured limit. */
    REQUEST_TOO_LARGE,
    /** The body of a request did not arrive in time. */
    REQUEST_TIMEOUT,
    /** The caller did not prove who it is. */
    UNAUTHENTICATED,
    /** The caller is known, and may not do this. */
    FORBIDDEN,
    /** The caller sends more than it may. */
    TOO_MANY_REQUESTS,
    /** The operation is not offered. */
    UNSUPPORTED,
    /** The database is away, or no connection to it was free in time; trying again is safe and likely to help. */
    UNAVAILABLE,
    /** A fault of the store or of what it holds. */
    INTERNAL
}
