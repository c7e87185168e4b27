package io.threadstore.rest;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.threadstore.thread.MemoryMode;
import io.threadstore.thread.PersistenceMode;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** The schemas of what callers send; the bodies themselves are read by {@link CreateThreadBody}, {@link PatchBody} and others. */
@RegisterForReflection
final class Requests {

    private Requests() {}

    /** The body of createThread. */
    @Schema(
            name = "CreateThreadBody",
            additionalProperties = Schema.False.class,
            description = "A thread to create. A null member counts as an absent one.")
    record CreateThread(
            @Nullable @Schema(description = "The thread's id; made by the server (UUIDv7) if absent.")
            UUID threadId,

            @Nullable @Schema(description = "The thread whose history the new one begins with. Opaque.")
            UUID forkedFromId,

            @Nullable @Schema(description = "The thread that spawns the new one. Opaque.")
            UUID parentThreadId,

            @Nullable @Schema(description = "The session that the thread belongs to.")
            UUID sessionId,

            @Schema(required = true) ThreadResponse.Source source,
            @Nullable BaseInstructions baseInstructions,

            @Nullable @Schema(description = "The tools that the client offers.")
            List<DynamicTool> dynamicTools,

            @Nullable @Schema(description = "Which items are kept.", defaultValue = "limited")
            PersistenceMode persistenceMode,

            @Nullable @Schema(description = "The directory that the thread works in.", maxLength = 4096)
            String cwd,

            @Nullable @Schema(maxLength = 255) String modelProvider,
            @Nullable @Schema(defaultValue = "enabled") MemoryMode memoryMode,

            @Nullable @Schema(description = "The program that makes the thread.", maxLength = 255)
            String originator,

            @Nullable @Schema(description = "That program's version.", maxLength = 255)
            String cliVersion,

            @Nullable @Schema(description = "The thread's name, trimmed.", minLength = 1, maxLength = 500)
            String name,

            @Nullable
            @Schema(description = "Whether the thread stays invisible until it is persisted.", defaultValue = "false")
            Boolean lazy) {}

    /** The agent's base instructions. */
    @Schema(
            name = "BaseInstructions",
            additionalProperties = Schema.True.class,
            description = "The agent's base instructions; other members are kept as they are.")
    record BaseInstructions(@Schema(required = true) String text) {}

    /** A tool that the client offers. */
    @Schema(
            name = "DynamicTool",
            type = SchemaType.OBJECT,
            additionalProperties = Schema.True.class,
            description = "A tool that the client offers (namespace, name, description, inputSchema, deferLoading);"
                    + " kept as it is.")
    interface DynamicTool {}

    /** The body of updateThreadMetadata. */
    @Schema(
            name = "UpdateThreadMetadataBody",
            additionalProperties = Schema.False.class,
            maxProperties = 1,
            description = "A merge patch of at most one member. Absent keeps, null clears, a value sets.")
    record UpdateThreadMetadata(
            @Nullable @Schema(nullable = true, minLength = 1, maxLength = 500, description = "Trimmed; null clears.")
            String name,

            @Nullable @Schema(description = "Can't be null.")
            MemoryMode memoryMode,

            @Nullable @Schema(nullable = true, description = "null clears all of it.")
            GitPatch gitInfo) {}

    /** A change of parts of the git info. */
    @Schema(
            name = "GitInfoPatch",
            additionalProperties = Schema.False.class,
            description = "Absent members stay, null clears, a string sets.")
    record GitPatch(
            @Nullable @Schema(nullable = true, maxLength = 255)
            String sha,

            @Nullable @Schema(nullable = true, maxLength = 500)
            String branch,

            @Nullable @Schema(nullable = true, maxLength = 2048)
            String originUrl) {}

    /** The body of openWriter. */
    @Schema(
            name = "OpenWriterBody",
            additionalProperties = Schema.False.class,
            description = "How to resume a thread. A null member counts as an absent one.")
    record OpenWriter(
            @Nullable @Schema(defaultValue = "false", description = "Whether an archived thread is resumed, too.")
            Boolean includeArchived,

            @Nullable
            @Schema(defaultValue = "false", description = "Whether a live writer whose lease has not ended gives way.")
            Boolean takeover,

            @Nullable @Schema(description = "Which items are kept; as before if absent.")
            PersistenceMode persistenceMode) {}

    /** The JSON body of appendItems. */
    @Schema(
            name = "AppendItemsBody",
            additionalProperties = Schema.False.class,
            description = "Items to append, in order.")
    record AppendItems(
            @Schema(required = true) List<Item> items,

            @Nullable @Schema(description = "The ordinal that the first kept item is to take.", minimum = "0")
            Long expectedOrdinal) {}

    /** A rollout item to append. */
    @Schema(
            name = "RolloutItem",
            additionalProperties = Schema.True.class,
            description = "A rollout item; its text is kept byte for byte, further members included.")
    record Item(
            @Schema(
                    required = true,
                    description = "session_meta, response_item, event_msg, turn_context, compacted, ...")
            String type,

            @Schema(required = true) ItemResponse.Payload payload) {}
}
