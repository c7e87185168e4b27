package io.threadstore.rest;

import io.threadstore.lifecycle.LiveWriterService;
import io.threadstore.platform.Json;
import io.threadstore.thread.PersistenceMode;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.NotSupportedException;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import java.net.URI;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.headers.Header;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** A thread's live writer: the right to append. */
@Path("/v1/threads")
@Tag(name = "Writers", description = "Open, persist, flush, shut down and discard a thread's live writer.")
@Produces(MediaType.APPLICATION_JSON)
public class WritersResource {

    /** The header in which a caller says which writer it is. */
    static final String WRITER_EPOCH = "Writer-Epoch";

    private final LiveWriterService writers;
    private final RequestBodies bodies;
    private final Json json;

    WritersResource(LiveWriterService writers, RequestBodies bodies, Json json) {
        this.writers = writers;
        this.bodies = bodies;
        this.json = json;
    }

    @POST
    @Path("/{thread_id}/writer")
    @Consumes(MediaType.WILDCARD) // no body at all comes with any Content-Type
    @Operation(
            operationId = "openWriter",
            summary = "Resume a thread: open a writer",
            description =
                    "A live writer whose lease has not ended is in the way, unless takeover is true. The new writer's"
                            + " epoch fences the old one.")
    @RequestBody(
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_JSON,
                            schema = @Schema(implementation = Requests.OpenWriter.class)))
    @APIResponse(
            responseCode = "201",
            description = "The writer",
            headers =
                    @Header(
                            name = "Location",
                            description = "The writer",
                            schema = @Schema(implementation = String.class)),
            content = @Content(schema = @Schema(implementation = Responses.Writer.class)))
    public Response openWriter(
            @Parameter(schema = @Schema(implementation = String.class, format = "uuid")) @PathParam("thread_id")
                    String threadId,
            @Context HttpHeaders headers,
            InputStream body) {
        var bytes = bodies.small(body);
        var includeArchived = false;
        var takeover = false;
        PersistenceMode mode = null;
        if (bytes.length > 0) {
            if (!MediaType.APPLICATION_JSON_TYPE.isCompatible(headers.getMediaType())) {
                throw new NotSupportedException();
            }
            var request = JsonBody.parse(json, bytes);
            includeArchived = request.flag("include_archived");
            takeover = request.flag("takeover");
            mode = request.word("persistence_mode", PersistenceMode::ofWord, PersistenceMode.values());
            request.refuseOthers();
        }
        var opened = writers.open(Parameters.threadId(threadId), includeArchived, takeover, mode);
        return Response.created(URI.create("/v1/threads/" + opened.threadId() + "/writer"))
                .entity(Responses.Writer.of(opened))
                .build();
    }

    @GET
    @Path("/{thread_id}/writer")
    @Operation(operationId = "getWriter", summary = "Read a thread's live writer")
    @APIResponse(
            responseCode = "200",
            description = "The writer; it lives on after its lease, until another one is opened",
            content = @Content(schema = @Schema(implementation = Responses.Writer.class)))
    public Responses.Writer getWriter(
            @Parameter(schema = @Schema(implementation = String.class, format = "uuid")) @PathParam("thread_id")
                    String threadId) {
        return Responses.Writer.of(writers.requireWriter(Parameters.threadId(threadId)));
    }

    @POST
    @Path("/{thread_id}/writer/persist")
    @Operation(
            operationId = "persistThread",
            summary = "Make a thread visible with all that was appended",
            description = "Materialises a lazy thread, even one that holds nothing, and renews the writer's lease.")
    @APIResponse(
            responseCode = "200",
            description = "How far the thread is stored",
            content = @Content(schema = @Schema(implementation = Responses.Position.class)))
    public Responses.Position persistThread(
            @Parameter(schema = @Schema(implementation = String.class, format = "uuid")) @PathParam("thread_id")
                    String threadId,
            @Parameter(
                            description = "The caller's writer; the current one if absent",
                            schema = @Schema(implementation = Long.class))
                    @HeaderParam(WRITER_EPOCH)
                    @Nullable
                    String epoch) {
        return Responses.Position.of(
                writers.persist(Parameters.threadId(threadId), Parameters.optionalCount(WRITER_EPOCH, epoch)));
    }

    @POST
    @Path("/{thread_id}/writer/flush")
    @Operation(
            operationId = "flushThread",
            summary = "Make durable what was appended",
            description =
                    "Materialises a lazy thread that holds items; one that holds nothing stays lazy. Renews the lease.")
    @APIResponse(
            responseCode = "200",
            description = "How far the thread is stored",
            content = @Content(schema = @Schema(implementation = Responses.Position.class)))
    public Responses.Position flushThread(
            @Parameter(schema = @Schema(implementation = String.class, format = "uuid")) @PathParam("thread_id")
                    String threadId,
            @Parameter(
                            description = "The caller's writer; the current one if absent",
                            schema = @Schema(implementation = Long.class))
                    @HeaderParam(WRITER_EPOCH)
                    @Nullable
                    String epoch) {
        return Responses.Position.of(
                writers.flush(Parameters.threadId(threadId), Parameters.optionalCount(WRITER_EPOCH, epoch)));
    }

    @POST
    @Path("/{thread_id}/writer/shutdown")
    @Operation(
            operationId = "shutdownThread",
            summary = "Close the writer",
            description = "A lazy thread that holds items is materialised; one that holds nothing leaves no trace.")
    @APIResponse(
            responseCode = "200",
            description = "How far the thread is stored",
            content = @Content(schema = @Schema(implementation = Responses.Position.class)))
    public Responses.Position shutdownThread(
            @Parameter(schema = @Schema(implementation = String.class, format = "uuid")) @PathParam("thread_id")
                    String threadId,
            @Parameter(
                            description = "The caller's writer; the current one if absent",
                            schema = @Schema(implementation = Long.class))
                    @HeaderParam(WRITER_EPOCH)
                    @Nullable
                    String epoch) {
        return Responses.Position.of(
                writers.shutdown(Parameters.threadId(threadId), Parameters.optionalCount(WRITER_EPOCH, epoch)));
    }

    @DELETE
    @Path("/{thread_id}/writer")
    @Produces({MediaType.APPLICATION_JSON, Problems.MEDIA_TYPE
    }) // generated clients ask for all that is documented: problems
    @Operation(
            operationId = "discardThread",
            summary = "Close the writer and drop what was not materialised",
            description =
                    "What was durable stays. Also answers 204 when the thread is not live, and to a writer that has been"
                            + " taken over: there is nothing left to discard.")
    @APIResponse(responseCode = "204", description = "Nothing is left of the writer")
    public void discardThread(
            @Parameter(schema = @Schema(implementation = String.class, format = "uuid")) @PathParam("thread_id")
                    String threadId,
            @Parameter(
                            description = "The caller's writer; the current one if absent",
                            schema = @Schema(implementation = Long.class))
                    @HeaderParam(WRITER_EPOCH)
                    @Nullable
                    String epoch) {
        writers.discard(Parameters.threadId(threadId), Parameters.optionalCount(WRITER_EPOCH, epoch));
    }
}
