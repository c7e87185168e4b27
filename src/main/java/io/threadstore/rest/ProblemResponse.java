package io.threadstore.rest;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.threadstore.error.FieldError;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A failure as HTTP says it: RFC 9457, with the store's own code and the values that explain it. */
@Schema(name = "Problem", description = "A problem document (RFC 9457).")
@RegisterForReflection
record ProblemResponse(
        @Schema(required = true, description = "urn:threadstore:problem: and the code, with dashes.")
        URI type,

        @Schema(required = true) String title,

        @Schema(required = true, description = "The HTTP status.")
        int status,

        @Nullable @Schema(description = "What is wrong, for people.")
        String detail,

        @Nullable @Schema(description = "The path that was asked for.")
        String instance,

        @Schema(required = true) ProblemCode code,

        @Nullable @Schema(description = "The thread in question.")
        UUID threadId,

        @Nullable @Schema(description = "The thread's next ordinal, from which a writer can go on.")
        Long nextOrdinal,

        @Nullable @Schema(description = "The ordinal that the caller stated.")
        Long expectedOrdinal,

        @Nullable @Schema(description = "The epoch of the thread's current writer.")
        Long epoch,

        @Nullable @Schema(description = "When that writer's lease ends.")
        Instant expiresAt,

        @Nullable @Schema(description = "The faulty line of an NDJSON body, from 1.")
        Long line,

        @Nullable @Schema(description = "The faulty places of the request.")
        List<Fault> errors) {

    /** One faulty place. */
    @Schema(name = "ProblemField")
    record Fault(
            @Schema(required = true, description = "The member, parameter or header.")
            String field,

            @Schema(required = true) String message) {

        static Fault of(FieldError error) {
            return new Fault(error.field(), error.message());
        }
    }
}
