package io.threadstore.rest;

import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.rollout.CheckedRollout;
import io.threadstore.rollout.ImportResult;
import io.threadstore.rollout.RolloutImportService;
import io.threadstore.thread.StoredThread;
import io.threadstore.thread.ThreadId;
import io.threadstore.thread.ThreadService;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.headers.Header;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** A thread as a rollout file: in and out, byte for byte. */
@Path("/v1/threads")
@Tag(name = "Rollout files", description = "Import and export the JSONL files that Codex keeps.")
public class RolloutsResource {

    private static final DateTimeFormatter FILE_TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH-mm-ss").withZone(ZoneOffset.UTC);

    private final RolloutImportService imports;
    private final ThreadService threads;
    private final HistoryStreams histories;
    private final IdempotentRequests idempotent;
    private final RequestBodies bodies;
    private final ETags etags;

    RolloutsResource(
            RolloutImportService imports,
            ThreadService threads,
            HistoryStreams histories,
            IdempotentRequests idempotent,
            RequestBodies bodies,
            ETags etags) {
        this.imports = imports;
        this.threads = threads;
        this.histories = histories;
        this.idempotent = idempotent;
        this.bodies = bodies;
        this.etags = etags;
    }

    @GET
    @Path("/{thread_id}/rollout")
    @Produces(ItemsResource.NDJSON)
    @Operation(
            operationId = "exportRollout",
            summary = "Export a thread as a rollout file",
            description = "Streamed; packed with gzip or zstd where Accept-Encoding allows it. The file's name is in"
                    + " Content-Disposition, in the form that Codex uses.")
    @APIResponse(
            responseCode = "200",
            description = "The rollout file",
            headers =
                    @Header(
                            name = "Content-Disposition",
                            description = "The file's name",
                            schema = @Schema(implementation = String.class)),
            content =
                    @Content(
                            mediaType = ItemsResource.NDJSON,
                            schema =
                                    @Schema(
                                            type = SchemaType.STRING,
                                            format = "binary",
                                            description = "A line per item: {\"timestamp\", \"type\", \"payload\"}.")))
    public Response exportRollout(
            @Parameter(schema = @Schema(implementation = String.class, format = "uuid")) @PathParam("thread_id")
                    String threadId,
            @Parameter(schema = @Schema(implementation = Boolean.class, defaultValue = "false"))
                    @QueryParam("include_archived")
                    @Nullable
                    String includeArchived,
            @Parameter(description = "gzip, zstd or identity") @HeaderParam(HttpHeaders.ACCEPT_ENCODING) @Nullable
                    String acceptEncoding) {
        var thread = threads.requireThread(
                Parameters.threadId(threadId), Parameters.flag("include_archived", includeArchived));
        var coding = ContentCoding.ofResponse(acceptEncoding);
        var response = Response.ok(histories.rolloutFile(thread, coding))
                .type(ItemsResource.NDJSON)
                .header(HttpHeaders.CONTENT_DISPOSITION, "attachment; filename=\"" + fileName(thread) + "\"")
                .header(HttpHeaders.VARY, HttpHeaders.ACCEPT_ENCODING);
        return coding == ContentCoding.IDENTITY
                ? response.build()
                : response.header(HttpHeaders.CONTENT_ENCODING, coding.word()).build();
    }

    private static String fileName(StoredThread thread) {
        return "rollout-" + FILE_TIME.format(thread.createdAt()) + "-" + thread.threadId() + ".jsonl";
    }

    @PUT
    @Path("/{thread_id}/rollout")
    @Consumes(ItemsResource.NDJSON)
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(
            operationId = "importRollout",
            summary = "Import a rollout file",
            description =
                    "All of it or nothing. The same file again changes nothing; a longer one that begins with what is"
                            + " stored appends the rest; any other is a conflict. A live writer is in the way until its"
                            + " lease has ended; then the import closes it. A body that is packed with gzip"
                            + " or zstd is decoded to its end: members and frames may follow each other, and damage"
                            + " gives 400.")
    @RequestBody(
            required = true,
            content =
                    @Content(
                            mediaType = ItemsResource.NDJSON,
                            schema =
                                    @Schema(
                                            type = SchemaType.STRING,
                                            format = "binary",
                                            description = "A rollout file; its first line is the session_meta of this"
                                                    + " thread.")))
    @APIResponse(
            responseCode = "201",
            description = "A new thread",
            headers = {
                @Header(name = "Location", description = "The thread", schema = @Schema(implementation = String.class)),
                @Header(name = "ETag", description = "Its version", schema = @Schema(implementation = String.class)),
                @Header(
                        name = IdempotentRequests.REPLAYED,
                        description = "true if this is the first answer again",
                        schema = @Schema(implementation = Boolean.class))
            },
            content = @Content(schema = @Schema(implementation = Responses.Import.class)))
    @APIResponse(
            responseCode = "200",
            description = "A thread that was stored before",
            headers = {
                @Header(name = "ETag", description = "Its version", schema = @Schema(implementation = String.class)),
                @Header(
                        name = IdempotentRequests.REPLAYED,
                        description = "true if this is the first answer again",
                        schema = @Schema(implementation = Boolean.class))
            },
            content = @Content(schema = @Schema(implementation = Responses.Import.class)))
    public Response importRollout(
            @Parameter(schema = @Schema(implementation = String.class, format = "uuid")) @PathParam("thread_id")
                    String threadId,
            @Parameter(
                            description = "Whether only the answer is wanted, and nothing is stored",
                            schema = @Schema(implementation = Boolean.class, defaultValue = "false"))
                    @QueryParam("dry_run")
                    @Nullable
                    String dryRun,
            @Parameter(description = "gzip, zstd or identity") @HeaderParam(HttpHeaders.CONTENT_ENCODING) @Nullable
                    String contentEncoding,
            @Parameter(schema = @Schema(implementation = String.class, minLength = 1, maxLength = 255))
                    @HeaderParam(IdempotentRequests.KEY)
                    @Nullable
                    String idempotencyKey,
            InputStream body) {
        var coding = ContentCoding.ofRequest(contentEncoding);
        var id = Parameters.threadId(threadId);
        var isRehearsal = Parameters.flag("dry_run", dryRun);
        // a rehearsal leaves nothing behind, so there is nothing to do once
        var key = isRehearsal ? null : idempotencyKey;
        try (var unpacked = coding.unpack(bodies.spooled(body), bodies.unpackLimits())) {
            IdempotentRequests.check(key);
            var fingerprint = new Fingerprint("importRollout", id.toString());
            var content = key == null ? unpacked : fingerprint.of(unpacked);
            try (var file = coding == ContentCoding.IDENTITY ? imports.take(id, content) : takePacked(id, content)) {
                return idempotent.answer(
                        key, fingerprint, () -> imported(imports.store(id, file, isRehearsal), isRehearsal));
            }
        } catch (ThreadStoreException e) {
            bodies.drain(body);
            throw e;
        } catch (IOException e) {
            throw RequestBodies.interrupted(e);
        }
    }

    private CheckedRollout takePacked(ThreadId id, InputStream unpacked) throws IOException {
        try {
            return imports.take(id, unpacked);
        } catch (ThreadStoreException e) {
            throw isAboutContent(e) ? orDamage(e, unpacked) : e;
        }
    }

    private static boolean isAboutContent(ThreadStoreException e) {
        return switch (e.kind()) {
            case INVALID_REQUEST, SESSION_META_MISMATCH, REQUEST_TOO_LARGE -> true;
            default -> false;
        };
    }

    /** Reads on: damage of a packed body explains what its content lacks. */
    private ThreadStoreException orDamage(ThreadStoreException e, InputStream unpacked) {
        try {
            bodies.drain(unpacked);
            return e;
        } catch (ThreadStoreException damage) {
            return damage.kind() == ErrorKind.INVALID_REQUEST ? damage : e;
        }
    }

    private Response imported(ImportResult result, boolean isRehearsal) {
        var response = Response.status(result.isNew() ? Response.Status.CREATED : Response.Status.OK)
                .entity(Responses.Import.of(result));
        if (!isRehearsal) {
            response.header(HttpHeaders.ETAG, etags.of(result.thread()));
        }
        if (!isRehearsal && result.isNew()) {
            response.location(URI.create("/v1/threads/" + result.thread().threadId()));
        }
        return response.build();
    }
}
