package io.threadstore.rest;

import io.threadstore.page.Cursors;
import io.threadstore.platform.CurrentCaller;
import io.threadstore.rollout.ThreadVerification;
import io.threadstore.rollout.ThreadVerifier;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Whether what is stored of many threads is what their items determine: for operators. */
@Path("/v1/verification")
@Tag(name = "Verification", description = "Compare what is stored of threads with what their items determine.")
@Produces(MediaType.APPLICATION_JSON)
public class ManyVerificationResource {

    private final ThreadVerifier verifier;
    private final CurrentCaller caller;
    private final Cursors cursors;

    ManyVerificationResource(ThreadVerifier verifier, CurrentCaller caller, Cursors cursors) {
        this.verifier = verifier;
        this.caller = caller;
        this.cursors = cursors;
    }

    @GET
    @Operation(
            operationId = "verifyThreads",
            summary = "Verify many threads",
            description =
                    "Verifies the threads of the caller's tenant in the order of their ids, archived ones as well, and tells of those that"
                            + " are not sound. A page ends at its limit, or after some seconds; go on with next_cursor until there is none.")
    @APIResponse(
            responseCode = "200",
            description = "What was found on this page",
            content = @Content(schema = @Schema(implementation = VerificationResponse.Page.class)))
    public VerificationResponse.Page verifyThreads(
            @Parameter(
                            description = "How many threads a page verifies at the most",
                            schema =
                                    @Schema(
                                            implementation = Integer.class,
                                            minimum = "1",
                                            maximum = "1000",
                                            defaultValue = "100"))
                    @QueryParam("limit")
                    @Nullable
                    String limit,
            @Parameter(description = "The next_cursor of the page before") @QueryParam("cursor") @Nullable
                    String cursor) {
        var binding = "verification\u0000" + caller.get().tenant();
        var page = verifier.verify(
                Parameters.limit(limit, 100, 1000), cursor == null ? null : cursors.decode(cursor, binding));
        return new VerificationResponse.Page(
                page.items().size(),
                page.items().stream().mapToLong(ThreadVerification::items).sum(),
                page.items().stream().mapToLong(ThreadVerification::bytes).sum(),
                page.items().stream()
                        .filter(thread -> !thread.isSound())
                        .map(VerificationResponse::of)
                        .toList(),
                page.next() == null ? null : cursors.encode(page.next(), binding));
    }
}
