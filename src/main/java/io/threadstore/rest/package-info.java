/**
 * HTTP and nothing else: resources that convert, call and convert back, the records that callers send and get, problem
 * documents, ETags, encodings, streams. What it says is written down in {@code docs/openapi.yaml}.
 */
@NullMarked
package io.threadstore.rest;

import org.jspecify.annotations.NullMarked;
