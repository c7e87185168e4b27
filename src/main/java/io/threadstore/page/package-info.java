/** Pages of a list and the opaque, versioned cursors that continue it, each bound to the query it came from. */
@NullMarked
package io.threadstore.page;

import org.jspecify.annotations.NullMarked;
