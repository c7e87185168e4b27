/**
 * Limits on what is in progress at once. Each limit is shared fairly by tenants: a tenant that is alone may use all of
 * it, and tenants that each want all of it get equal parts.
 */
@NullMarked
package io.threadstore.platform.limits;

import org.jspecify.annotations.NullMarked;
