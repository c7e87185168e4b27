package io.threadstore.rest;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** A stored item as REST shows it. Only its schema is used: items are written as texts, byte for byte. */
@Schema(name = "StoredItem", description = "A rollout item in its place.")
@RegisterForReflection
record ItemResponse(
        @Schema(required = true, description = "The item's place in its thread: 0, 1, 2, ... without gaps.")
        long ordinal,

        @Schema(
                required = true,
                description = "The item's own timestamp if it was imported, else when it was appended.")
        Instant recordedAt,

        @Schema(required = true, description = "session_meta, response_item, event_msg, turn_context, compacted, ...")
        String type,

        @Schema(required = true) Payload payload) {

    /** An item's payload. */
    @Schema(
            name = "ItemPayload",
            type = SchemaType.OBJECT,
            additionalProperties = Schema.True.class,
            description = "The item's own JSON object, byte for byte as it came.")
    interface Payload {}
}
