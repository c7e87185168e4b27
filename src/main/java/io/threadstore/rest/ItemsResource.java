package io.threadstore.rest;

import io.threadstore.error.ThreadStoreException;
import io.threadstore.rollout.ItemQuery;
import io.threadstore.rollout.RolloutReader;
import io.threadstore.rollout.RolloutService;
import io.threadstore.thread.ThreadService;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** A thread's rollout items: appended, listed, read as a history. */
@Path("/v1/threads")
@Tag(name = "Items", description = "Append rollout items and read them back, byte for byte.")
public class ItemsResource {

    static final String NDJSON = "application/x-ndjson";

    private static final MediaType JSON = MediaType.APPLICATION_JSON_TYPE.withCharset("UTF-8");

    private final RolloutService rollouts;
    private final RolloutReader reader;
    private final ThreadService threads;
    private final AppendBody appendBody;
    private final RequestBodies bodies;
    private final HistoryStreams histories;

    ItemsResource(
            RolloutService rollouts,
            RolloutReader reader,
            ThreadService threads,
            AppendBody appendBody,
            RequestBodies bodies,
            HistoryStreams histories) {
        this.rollouts = rollouts;
        this.reader = reader;
        this.threads = threads;
        this.appendBody = appendBody;
        this.bodies = bodies;
        this.histories = histories;
    }

    @POST
    @Path("/{thread_id}/items")
    @Consumes({MediaType.APPLICATION_JSON, NDJSON})
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(
            operationId = "appendItems",
            summary = "Append rollout items",
            description =
                    "All or nothing, durable and readable when answered. With expected_ordinal it is exactly-once: the"
                            + " same items again are a replay, others a conflict that says the next ordinal. Renews the"
                            + " writer's lease if it stores items or is a replay. An append that stores nothing is never"
                            + " a conflict; at another ordinal than the next one it changes nothing at all.")
    @RequestBody(
            required = true,
            content = {
                @Content(
                        mediaType = MediaType.APPLICATION_JSON,
                        schema = @Schema(implementation = Requests.AppendItems.class)),
                @Content(
                        mediaType = NDJSON,
                        schema =
                                @Schema(
                                        type = SchemaType.STRING,
                                        format = "binary",
                                        description = "A RolloutItem per line."))
            })
    @APIResponse(
            responseCode = "200",
            description = "What the append did",
            content = @Content(schema = @Schema(implementation = Responses.Append.class)))
    public Responses.Append appendItems(
            @Parameter(schema = @Schema(implementation = String.class, format = "uuid")) @PathParam("thread_id")
                    String threadId,
            @Parameter(
                            description = "The ordinal that the first kept item is to take; for NDJSON",
                            schema = @Schema(implementation = Long.class, minimum = "0"))
                    @QueryParam("expected_ordinal")
                    @Nullable
                    String expectedOrdinal,
            @Parameter(
                            description = "The caller's writer; the current one if absent",
                            schema = @Schema(implementation = Long.class))
                    @HeaderParam(WritersResource.WRITER_EPOCH)
                    @Nullable
                    String epoch,
            @Context HttpHeaders headers,
            InputStream body) {
        try {
            var append = headers.getMediaType() != null && isNdjson(headers.getMediaType())
                    ? appendBody.readLines(body, expectedOrdinal)
                    : appendBody.readJson(body, expectedOrdinal);
            return Responses.Append.of(rollouts.append(
                    Parameters.threadId(threadId),
                    Parameters.optionalCount(WritersResource.WRITER_EPOCH, epoch),
                    append));
        } catch (ThreadStoreException e) {
            bodies.drain(body);
            throw e;
        }
    }

    @GET
    @Path("/{thread_id}/items")
    @Produces(MediaType.APPLICATION_JSON)
    @Operation(
            operationId = "listItems",
            summary = "List rollout items",
            description =
                    "A page ends at limit, or at 8 MiB of items but not before the first one. One request with type"
                            + " reads at most 10,000 items, so that its page may be short, even empty, while has_more is true.")
    @APIResponse(
            responseCode = "200",
            description = "One page",
            content = @Content(schema = @Schema(implementation = Responses.ItemList.class)))
    public Response listItems(
            @Parameter(schema = @Schema(implementation = String.class, format = "uuid")) @PathParam("thread_id")
                    String threadId,
            @Parameter(
                            description = "Ordinals are greater than this",
                            schema = @Schema(implementation = Long.class, minimum = "0"))
                    @QueryParam("after")
                    @Nullable
                    String after,
            @Parameter(
                            description = "Ordinals are less than this",
                            schema = @Schema(implementation = Long.class, minimum = "0"))
                    @QueryParam("before")
                    @Nullable
                    String before,
            @Parameter(
                            schema =
                                    @Schema(
                                            implementation = Integer.class,
                                            minimum = "1",
                                            maximum = "1000",
                                            defaultValue = "100"))
                    @QueryParam("limit")
                    @Nullable
                    String limit,
            @Parameter(description = "asc if absent", schema = @Schema(implementation = ThreadsResource.Order.class))
                    @QueryParam("order")
                    @Nullable
                    String order,
            @Parameter(description = "Types of items to keep") @QueryParam("type") List<String> type,
            @Parameter(schema = @Schema(implementation = Boolean.class, defaultValue = "false"))
                    @QueryParam("include_archived")
                    @Nullable
                    String includeArchived) {
        var first = Parameters.optionalCount("after", after);
        var end = Parameters.optionalCount("before", before);
        var query = new ItemQuery(
                first == null ? -1 : first,
                end == null ? Long.MAX_VALUE : end,
                Parameters.limit(limit, 100, 1000),
                Parameters.word("order", order, ThreadsResource.Order.ASC, ThreadsResource.Order.values())
                        == ThreadsResource.Order.ASC,
                type);
        var thread = threads.requireThread(
                Parameters.threadId(threadId), Parameters.flag("include_archived", includeArchived));
        // its length, page.bytes(), is known here, and none of its texts has been read
        var page = reader.list(thread, query);
        var next =
                page.next() == null ? "" : (query.ascending() ? ",\"next_after\":" : ",\"next_before\":") + page.next();
        var rest = "],\"has_more\":" + page.hasMore() + next + "}";
        return Response.ok(histories.list(thread, page, "{\"items\":[", rest))
                .type(JSON)
                .build();
    }

    @GET
    @Path("/{thread_id}/history")
    @Produces({MediaType.APPLICATION_JSON, NDJSON})
    @Operation(
            operationId = "loadHistory",
            summary = "Read a thread's whole history",
            description = "Streamed: a JSON document, or an item per line where Accept asks for NDJSON.")
    @APIResponse(
            responseCode = "200",
            description = "All items, in order",
            content = {
                @Content(
                        mediaType = MediaType.APPLICATION_JSON,
                        schema = @Schema(implementation = Responses.History.class)),
                @Content(
                        mediaType = NDJSON,
                        schema =
                                @Schema(
                                        type = SchemaType.STRING,
                                        format = "binary",
                                        description = "A StoredItem per line."))
            })
    public Response loadHistory(
            @Parameter(schema = @Schema(implementation = String.class, format = "uuid")) @PathParam("thread_id")
                    String threadId,
            @Parameter(schema = @Schema(implementation = Boolean.class, defaultValue = "false"))
                    @QueryParam("include_archived")
                    @Nullable
                    String includeArchived,
            @Context HttpHeaders headers) {
        var thread = threads.requireThread(
                Parameters.threadId(threadId), Parameters.flag("include_archived", includeArchived));
        if (prefersNdjson(headers)) {
            return Response.ok(histories.lines(thread)).type(NDJSON).build();
        }
        var before = "{\"thread_id\":\"" + thread.threadId() + "\",\"items\":[";
        return Response.ok(histories.array(thread, before, "]}"))
                .type(MediaType.APPLICATION_JSON)
                .build();
    }

    private static boolean prefersNdjson(HttpHeaders headers) {
        for (var accepted : headers.getAcceptableMediaTypes()) {
            if (isNdjson(accepted)) {
                return true;
            }
            if (accepted.isCompatible(MediaType.APPLICATION_JSON_TYPE)) {
                return false;
            }
        }
        return false;
    }

    private static boolean isNdjson(MediaType type) {
        return type.getType().equalsIgnoreCase("application")
                && type.getSubtype().equalsIgnoreCase("x-ndjson");
    }
}
