/**
 * What can go wrong, in the domain's own words. One enum names every kind of failure, one exception carries it together
 * with the values that explain it; neither knows a transport, which chooses its own codes by an exhaustive switch.
 */
@NullMarked
package io.threadstore.error;

import org.jspecify.annotations.NullMarked;
