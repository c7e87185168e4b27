/**
 * The private MariaDB of a run that names no database: real MariaDB binaries, a data directory that is kept, one process at a
 * time. A native build leaves this package and its dependency out.
 */
@NullMarked
package io.threadstore.platform.embedded;

import org.jspecify.annotations.NullMarked;
