/**
 * Answers that are given again: a request with an {@code Idempotency-Key} is done once, in the transaction that keeps its answer, and whoever
 * sends it again gets that answer (draft-ietf-httpapi-idempotency-key-header).
 */
@NullMarked
package io.threadstore.idempotency;

import org.jspecify.annotations.NullMarked;
