/**
 * Decoders of gzip and Zstandard for bodies of unknown origin. A decoder reads its source to the end, accepts what
 * the reference tools accept, and reports every other source as a {@link
 * io.threadstore.compression.CorruptDataException}. Its memory has an upper bound that does not depend on the source.
 */
@NullMarked
package io.threadstore.compression;

import org.jspecify.annotations.NullMarked;
