/**
 * Limits for connections that apply before a request reaches the application. It counts connections when they are
 * accepted, closes silent ones, limits HTTP/2 control frames, and answers requests that are not valid HTTP. It is
 * attached to the HTTP servers of Vert.x through {@link io.threadstore.connection.ConnectionGuardProvider} and knows
 * nothing of the API.
 */
@NullMarked
package io.threadstore.connection;

import org.jspecify.annotations.NullMarked;
