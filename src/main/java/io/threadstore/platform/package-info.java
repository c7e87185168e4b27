/**
 * What every part of the house stands on and nothing of the domain: who calls, what time it is, JSON texts kept byte for
 * byte, transactions that try again, checks at start, health, metrics. The embedded database lives in its own package
 * below this one, so that a native build can leave it out.
 */
@NullMarked
package io.threadstore.platform;

import org.jspecify.annotations.NullMarked;
