package io.threadstore.rest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.threadstore.lifecycle.CreatedThread;
import io.threadstore.lifecycle.ThreadLifecycleService;
import io.threadstore.lifecycle.ThreadMetadataService;
import io.threadstore.page.Cursors;
import io.threadstore.platform.CurrentCaller;
import io.threadstore.thread.SourceKind;
import io.threadstore.thread.StoredThread;
import io.threadstore.thread.ThreadQuery;
import io.threadstore.thread.ThreadService;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import java.net.URI;
import java.util.List;
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

/** Threads as wholes: create, look up, patch, archive, delete. */
@Path("/v1/threads")
@Tag(name = "Threads", description = "Create, look up, patch, archive and delete threads.")
@Produces(MediaType.APPLICATION_JSON)
public class ThreadsResource {

    static final String MERGE_PATCH = "application/merge-patch+json";

    private static final String UUID_SCHEMA = "uuid";

    private final ThreadLifecycleService lifecycle;
    private final ThreadMetadataService metadata;
    private final ThreadService threads;
    private final CreateThreadBody createBody;
    private final PatchBody patchBody;
    private final RequestBodies bodies;
    private final IdempotentRequests idempotent;
    private final HistoryStreams histories;
    private final CurrentCaller caller;
    private final ObjectMapper mapper;
    private final ETags etags;
    private final Cursors cursors;

    ThreadsResource(
            ThreadLifecycleService lifecycle,
            ThreadMetadataService metadata,
            ThreadService threads,
            CreateThreadBody createBody,
            PatchBody patchBody,
            RequestBodies bodies,
            IdempotentRequests idempotent,
            HistoryStreams histories,
            CurrentCaller caller,
            ObjectMapper mapper,
            ETags etags,
            Cursors cursors) {
        this.lifecycle = lifecycle;
        this.metadata = metadata;
        this.threads = threads;
        this.createBody = createBody;
        this.patchBody = patchBody;
        this.bodies = bodies;
        this.idempotent = idempotent;
        this.histories = histories;
        this.caller = caller;
        this.mapper = mapper;
        this.etags = etags;
        this.cursors = cursors;
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            operationId = "createThread",
            summary = "Create a thread and open its first writer",
            description =
                    "The store writes the session_meta item as ordinal 0. A lazy thread stays invisible until it is"
                            + " persisted, and leaves no trace if it is discarded before.")
    @RequestBody(required = true, content = @Content(schema = @Schema(implementation = Requests.CreateThread.class)))
    @APIResponse(
            responseCode = "201",
            description = "The thread, with its writer",
            headers = {
                @Header(name = "Location", description = "The thread", schema = @Schema(implementation = String.class)),
                @Header(name = "ETag", description = "Its version", schema = @Schema(implementation = String.class)),
                @Header(
                        name = IdempotentRequests.REPLAYED,
                        description = "true if this is the first answer again",
                        schema = @Schema(implementation = Boolean.class))
            },
            content = @Content(schema = @Schema(implementation = ThreadResponse.class)))
    public Response createThread(
            @Parameter(schema = @Schema(implementation = String.class, minLength = 1, maxLength = 255))
                    @HeaderParam(IdempotentRequests.KEY)
                    @Nullable
                    String idempotencyKey,
            InputStream body) {
        IdempotentRequests.check(idempotencyKey);
        var bytes = bodies.small(body);
        var newThread = createBody.read(bytes);
        return idempotent.answer(
                idempotencyKey,
                new Fingerprint("createThread", "").of(bytes),
                () -> created(lifecycle.create(newThread)));
    }

    private Response created(CreatedThread created) {
        return Response.created(URI.create("/v1/threads/" + created.thread().threadId()))
                .header(HttpHeaders.ETAG, etags.of(created.thread()))
                .entity(ThreadResponse.of(created))
                .build();
    }

    @GET
    @Path("/{thread_id}")
    @Operation(
            operationId = "getThread",
            summary = "Read a thread",
            description =
                    "Archived threads are found only with include_archived. include_history streams all items with it.")
    @APIResponse(
            responseCode = "200",
            description = "The thread",
            headers =
                    @Header(
                            name = "ETag",
                            description = "Its version",
                            schema = @Schema(implementation = String.class)),
            content = @Content(schema = @Schema(implementation = ThreadResponse.class)))
    @APIResponse(responseCode = "304", description = "The caller has this version already")
    public Response getThread(
            @Parameter(schema = @Schema(implementation = String.class, format = UUID_SCHEMA)) @PathParam("thread_id")
                    String threadId,
            @Parameter(schema = @Schema(implementation = Boolean.class, defaultValue = "false"))
                    @QueryParam("include_archived")
                    @Nullable
                    String includeArchived,
            @Parameter(schema = @Schema(implementation = Boolean.class, defaultValue = "false"))
                    @QueryParam("include_history")
                    @Nullable
                    String includeHistory,
            @Parameter(description = "Entity tags that the caller has")
                    @HeaderParam(HttpHeaders.IF_NONE_MATCH)
                    @Nullable
                    String ifNoneMatch) {
        var id = Parameters.threadId(threadId);
        var withHistory = Parameters.flag("include_history", includeHistory);
        var thread = threads.requireThread(id, Parameters.flag("include_archived", includeArchived));
        var tag = etags.of(thread, withHistory);
        if (ETags.isKnown(ifNoneMatch, tag)) {
            return Response.notModified().header(HttpHeaders.ETAG, tag).build();
        }
        return Response.ok(withHistory ? withHistory(thread) : ThreadResponse.of(thread))
                .header(HttpHeaders.ETAG, tag)
                .build();
    }

    private StreamedBody withHistory(StoredThread thread) {
        try {
            var json = mapper.writeValueAsString(ThreadResponse.of(thread));
            return histories.array(thread, json.substring(0, json.length() - 1) + ",\"history\":{\"items\":[", "]}}");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a thread is always JSON", e);
        }
    }

    @GET
    @Operation(
            operationId = "listThreads",
            summary = "List threads",
            description =
                    "One page by (time, creation). A page may be short and still carry a next_cursor: it ends at 1 MiB of"
                            + " text, but not before the first thread. A page with filters may even be empty: one request"
                            + " reads at most 10,000 threads.")
    @APIResponse(
            responseCode = "200",
            description = "One page",
            content = @Content(schema = @Schema(implementation = Responses.ThreadList.class)))
    public Responses.ThreadList listThreads(
            @Parameter(
                            description = "How many threads a page has at the most",
                            schema =
                                    @Schema(
                                            implementation = Integer.class,
                                            minimum = "1",
                                            maximum = "200",
                                            defaultValue = "25"))
                    @QueryParam("limit")
                    @Nullable
                    String limit,
            @Parameter(description = "The next_cursor of the page before, with the same filters")
                    @QueryParam("cursor")
                    @Nullable
                    String cursor,
            @Parameter(description = "created_at if absent", schema = @Schema(implementation = ThreadQuery.Sort.class))
                    @QueryParam("sort")
                    @Nullable
                    String sort,
            @Parameter(description = "desc if absent", schema = @Schema(implementation = Order.class))
                    @QueryParam("order")
                    @Nullable
                    String order,
            @Parameter(
                            description = "false: only active threads; true: only archived ones",
                            schema = @Schema(implementation = Boolean.class, defaultValue = "false"))
                    @QueryParam("archived")
                    @Nullable
                    String archived,
            @Parameter(
                            description = "Kinds of source to keep",
                            schema = @Schema(type = SchemaType.ARRAY, implementation = SourceKind.class))
                    @QueryParam("source")
                    List<String> source,
            @Parameter(description = "Model providers to keep") @QueryParam("model_provider")
                    List<String> modelProvider,
            @Parameter(description = "Working directories to keep") @QueryParam("cwd") List<String> cwd,
            @Parameter(
                            description = "A part of the name or the preview, in any case",
                            schema = @Schema(implementation = String.class, maxLength = ThreadQuery.SEARCH_LENGTH))
                    @QueryParam("search")
                    @Nullable
                    String search,
            @Parameter(schema = @Schema(implementation = String.class, format = UUID_SCHEMA))
                    @QueryParam("parent_thread_id")
                    @Nullable
                    String parentThreadId,
            @Parameter(schema = @Schema(implementation = String.class, format = UUID_SCHEMA))
                    @QueryParam("forked_from_id")
                    @Nullable
                    String forkedFromId) {
        var query = new ThreadQuery(
                Parameters.limit(limit, 25, 200),
                Parameters.word("sort", sort, ThreadQuery.Sort.CREATED_AT, ThreadQuery.Sort.values()),
                Parameters.word("order", order, Order.DESC, Order.values()) == Order.DESC,
                Parameters.flag("archived", archived),
                source.stream()
                        .map(word -> Parameters.oneOf("source", word, SourceKind::ofWord, SourceKind.values()))
                        .toList(),
                modelProvider,
                cwd,
                Parameters.search(search),
                Parameters.optionalUuid("parent_thread_id", parentThreadId),
                Parameters.optionalUuid("forked_from_id", forkedFromId),
                List.of(),
                null,
                false);
        var binding = query.binding(caller.get().tenant());
        var page = threads.list(query, cursor == null ? null : cursors.decode(cursor, binding));
        return new Responses.ThreadList(
                page.items().stream().map(ThreadResponse::of).toList(),
                page.next() == null ? null : cursors.encode(page.next(), binding));
    }

    @PATCH
    @Path("/{thread_id}")
    @Consumes({MERGE_PATCH, MediaType.APPLICATION_JSON})
    @Operation(
            operationId = "updateThreadMetadata",
            summary = "Patch one field of a thread's metadata",
            description =
                    "At most one of name, memory_mode and git_info. Absent keeps, null clears, a value sets. The patch is"
                            + " recorded and appends one item; it never changes whether the thread is archived.")
    @RequestBody(
            required = true,
            content = {
                @Content(
                        mediaType = MERGE_PATCH,
                        schema = @Schema(implementation = Requests.UpdateThreadMetadata.class)),
                @Content(
                        mediaType = MediaType.APPLICATION_JSON,
                        schema = @Schema(implementation = Requests.UpdateThreadMetadata.class))
            })
    @APIResponse(
            responseCode = "200",
            description = "The thread",
            headers =
                    @Header(
                            name = "ETag",
                            description = "Its version",
                            schema = @Schema(implementation = String.class)),
            content = @Content(schema = @Schema(implementation = ThreadResponse.class)))
    public Response updateThreadMetadata(
            @Parameter(schema = @Schema(implementation = String.class, format = UUID_SCHEMA)) @PathParam("thread_id")
                    String threadId,
            @Parameter(schema = @Schema(implementation = Boolean.class, defaultValue = "false"))
                    @QueryParam("include_archived")
                    @Nullable
                    String includeArchived,
            @Parameter(description = "The version that may be changed") @HeaderParam(HttpHeaders.IF_MATCH) @Nullable
                    String ifMatch,
            InputStream body) {
        var patch = patchBody.read(bodies.small(body));
        return answer(metadata.update(
                Parameters.threadId(threadId),
                patch,
                Parameters.flag("include_archived", includeArchived),
                etags.ifMatch(ifMatch)));
    }

    @GET
    @Path("/{thread_id}/metadata-patches")
    @Operation(
            operationId = "listMetadataPatches",
            summary = "List the metadata patches that were applied",
            description = "Oldest first, a row for each patch; archived threads' as well.")
    @APIResponse(
            responseCode = "200",
            description = "One page",
            content = @Content(schema = @Schema(implementation = Responses.MetadataPatchList.class)))
    public Responses.MetadataPatchList listMetadataPatches(
            @Parameter(schema = @Schema(implementation = String.class, format = UUID_SCHEMA)) @PathParam("thread_id")
                    String threadId,
            @Parameter(
                            schema =
                                    @Schema(
                                            implementation = Integer.class,
                                            minimum = "1",
                                            maximum = "200",
                                            defaultValue = "25"))
                    @QueryParam("limit")
                    @Nullable
                    String limit,
            @Parameter(description = "The next_cursor of the page before") @QueryParam("cursor") @Nullable
                    String cursor) {
        var id = Parameters.threadId(threadId);
        var binding = "patches\u0000" + caller.get().tenant() + "\u0000" + id;
        var page = metadata.list(
                id, Parameters.limit(limit, 25, 200), cursor == null ? null : cursors.decode(cursor, binding));
        return new Responses.MetadataPatchList(
                page.items().stream().map(Responses.MetadataPatch::of).toList(),
                page.next() == null ? null : cursors.encode(page.next(), binding));
    }

    @POST
    @Path("/{thread_id}/archive")
    @Operation(
            operationId = "archiveThread",
            summary = "Put a thread away",
            description =
                    "Hides it from default lists and reads. What its live writer holds becomes durable, and the writer is"
                            + " closed. Archived already: nothing changes.")
    @APIResponse(
            responseCode = "200",
            description = "The thread",
            headers =
                    @Header(
                            name = "ETag",
                            description = "Its version",
                            schema = @Schema(implementation = String.class)),
            content = @Content(schema = @Schema(implementation = ThreadResponse.class)))
    public Response archiveThread(
            @Parameter(schema = @Schema(implementation = String.class, format = UUID_SCHEMA)) @PathParam("thread_id")
                    String threadId,
            @Parameter(description = "The version that may be changed") @HeaderParam(HttpHeaders.IF_MATCH) @Nullable
                    String ifMatch) {
        return answer(lifecycle.archive(Parameters.threadId(threadId), etags.ifMatch(ifMatch)));
    }

    @POST
    @Path("/{thread_id}/unarchive")
    @Operation(
            operationId = "unarchiveThread",
            summary = "Take a thread out again",
            description = "Not archived: nothing changes.")
    @APIResponse(
            responseCode = "200",
            description = "The thread",
            headers =
                    @Header(
                            name = "ETag",
                            description = "Its version",
                            schema = @Schema(implementation = String.class)),
            content = @Content(schema = @Schema(implementation = ThreadResponse.class)))
    public Response unarchiveThread(
            @Parameter(schema = @Schema(implementation = String.class, format = UUID_SCHEMA)) @PathParam("thread_id")
                    String threadId,
            @Parameter(description = "The version that may be changed") @HeaderParam(HttpHeaders.IF_MATCH) @Nullable
                    String ifMatch) {
        return answer(lifecycle.unarchive(Parameters.threadId(threadId), etags.ifMatch(ifMatch)));
    }

    @DELETE
    @Path("/{thread_id}")
    @Produces({MediaType.APPLICATION_JSON, Problems.MEDIA_TYPE
    }) // generated clients ask for all that is documented: problems
    @Operation(
            operationId = "deleteThread",
            summary = "Delete a thread",
            description = "In any state, with its items, its patches and its writer. Forks of it stay whole.")
    @APIResponse(responseCode = "204", description = "It is gone")
    public void deleteThread(
            @Parameter(schema = @Schema(implementation = String.class, format = UUID_SCHEMA)) @PathParam("thread_id")
                    String threadId,
            @Parameter(description = "The version that may be deleted") @HeaderParam(HttpHeaders.IF_MATCH) @Nullable
                    String ifMatch) {
        lifecycle.delete(Parameters.threadId(threadId), etags.ifMatch(ifMatch));
    }

    private Response answer(StoredThread thread) {
        return Response.ok(ThreadResponse.of(thread))
                .header(HttpHeaders.ETAG, etags.of(thread))
                .build();
    }

    /** Which end of a list comes first. */
    @Schema(name = "SortOrder")
    enum Order {
        DESC,
        ASC
    }
}
