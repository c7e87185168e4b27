/**
 * Who calls, and what the caller may do: bearer tokens are verified here, the same way for every transport. What comes out is a
 * {@link io.threadstore.platform.Caller}, and the tenant in it is the only one that any look-up ever uses.
 */
@NullMarked
package io.threadstore.identity;

import org.jspecify.annotations.NullMarked;
