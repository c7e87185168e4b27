package io.threadstore.thread;

import io.threadstore.platform.JsonText;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A metadata patch that was applied.
 *
 * @param field the field it changed
 * @param value what the caller set, as JSON
 * @param appliedAt when
 * @param appliedBy who
 * @param ordinal the item that it appended
 */
public record AppliedPatch(
        String field,
        JsonText value,
        Instant appliedAt,
        String appliedBy,
        @Nullable Long ordinal) {}
