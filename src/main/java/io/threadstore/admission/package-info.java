/**
 * Admits requests, the same way for all transports, on the event loop: first the caller is determined from the headers,
 * then the limits are acquired, and only then the body is read and its bytes are counted as they arrive. An
 * unauthenticated client holds nothing.
 */
@NullMarked
package io.threadstore.admission;

import org.jspecify.annotations.NullMarked;
