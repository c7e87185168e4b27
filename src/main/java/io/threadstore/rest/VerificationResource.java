package io.threadstore.rest;

import io.threadstore.rollout.ThreadVerifier;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Whether what is stored of a thread is what its items determine. */
@Path("/v1/threads")
@Tag(name = "Verification", description = "Compare what is stored of threads with what their items determine.")
@Produces(MediaType.APPLICATION_JSON)
public class VerificationResource {

    private final ThreadVerifier verifier;

    VerificationResource(ThreadVerifier verifier) {
        this.verifier = verifier;
    }

    @GET
    @Path("/{thread_id}/verification")
    @Operation(
            operationId = "verifyThread",
            summary = "Verify a thread",
            description =
                    "Reads all its items, checks their places and checksums, and derives from them once more what the thread shows."
                            + " Changes nothing. Archived threads as well.")
    @APIResponse(
            responseCode = "200",
            description = "What was found: sound or not",
            content = @Content(schema = @Schema(implementation = VerificationResponse.class)))
    public VerificationResponse verifyThread(
            @Parameter(schema = @Schema(implementation = String.class, format = "uuid")) @PathParam("thread_id")
                    String threadId) {
        return VerificationResponse.of(verifier.verify(Parameters.threadId(threadId)));
    }
}
