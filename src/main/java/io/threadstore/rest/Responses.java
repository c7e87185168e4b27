package io.threadstore.rest;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.threadstore.lifecycle.OpenedWriter;
import io.threadstore.lifecycle.WriterPosition;
import io.threadstore.rollout.AppendResult;
import io.threadstore.rollout.ImportResult;
import io.threadstore.thread.AppliedPatch;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** The smaller answers of the REST contract. */
@RegisterForReflection
final class Responses {

    private Responses() {}

    /** A page of threads. */
    @Schema(name = "ThreadList", description = "One page of threads.")
    record ThreadList(
            @Schema(required = true) List<ThreadResponse> threads,

            @Nullable @Schema(description = "Send it as cursor for the next page; absent at the end of the list.")
            String nextCursor) {}

    /** A page of patches. */
    @Schema(name = "MetadataPatchList", description = "One page of applied metadata patches, oldest first.")
    record MetadataPatchList(
            @Schema(required = true) List<MetadataPatch> patches,

            @Nullable @Schema(description = "Send it as cursor for the next page; absent at the end of the list.")
            String nextCursor) {}

    /** A patch that was applied. */
    @Schema(name = "MetadataPatch", description = "A metadata patch that was applied.")
    record MetadataPatch(
            @Schema(required = true) PatchedField field,

            @Schema(required = true, description = "What the caller set.")
            FreeJson value,

            @Schema(required = true) Instant appliedAt,

            @Schema(required = true, description = "Who applied it.")
            String appliedBy,

            @Nullable @Schema(description = "The rollout item that the patch appended.")
            Long ordinal) {

        static MetadataPatch of(AppliedPatch patch) {
            return new MetadataPatch(
                    PatchedField.valueOf(patch.field()),
                    new FreeJson(patch.value().toString()),
                    patch.appliedAt(),
                    patch.appliedBy(),
                    patch.ordinal());
        }
    }

    /** The fields that a patch can change, by the words of the contract. */
    @Schema(name = "PatchedField")
    enum PatchedField {
        name,
        memory_mode,
        git_info
    }

    /** A thread's live writer. */
    @Schema(name = "LiveWriter", description = "A thread's live writer.")
    record Writer(
            @Schema(required = true) UUID threadId,

            @Schema(required = true, description = "The writer's number; send it as Writer-Epoch.")
            long epoch,

            @Schema(required = true, description = "When the writer's lease ends; then another may be opened.")
            Instant expiresAt,

            @Schema(required = true, description = "The ordinal that the next item gets.")
            long nextOrdinal) {

        static Writer of(OpenedWriter opened) {
            return new Writer(
                    opened.threadId().value(),
                    opened.writer().epoch(),
                    opened.writer().expiresAt(),
                    opened.nextOrdinal());
        }
    }

    /** How far a thread is stored. */
    @Schema(name = "WriterPosition", description = "How far a thread is stored.")
    record Position(
            @Schema(required = true, description = "Whether readers see the thread.")
            boolean materialized,

            @Schema(required = true, description = "Every item below this is durable and, once materialised, readable.")
            long nextOrdinal) {

        static Position of(WriterPosition position) {
            return new Position(position.materialized(), position.nextOrdinal());
        }
    }

    /** What an append did. */
    @Schema(name = "AppendResult", description = "What an append did.")
    record Append(
            @Nullable @Schema(description = "The ordinal of the first kept item; absent if none was kept.")
            Long firstOrdinal,

            @Schema(required = true, description = "The ordinal after the last kept item.")
            long nextOrdinal,

            @Schema(required = true, description = "How many items were stored now.")
            int appended,

            @Schema(required = true, description = "How many items the persistence policy dropped.")
            int dropped,

            @Schema(required = true, description = "Whether the very same items were stored at these ordinals before.")
            boolean replayed) {

        static Append of(AppendResult result) {
            return new Append(
                    result.firstOrdinal(),
                    result.nextOrdinal(),
                    result.appended(),
                    result.dropped(),
                    result.replayed());
        }
    }

    /** What an import did. */
    @Schema(name = "ImportResult", description = "What an import did.")
    record Import(
            @Schema(required = true) ThreadResponse thread,

            @Schema(required = true, description = "How many items were stored now.")
            long appended,

            @Schema(required = true, description = "How many of the file's items were stored before.")
            long replayed) {

        static Import of(ImportResult result) {
            return new Import(ThreadResponse.of(result.thread()), result.appended(), result.replayed());
        }
    }

    /** A page of items. Only its schema is used. */
    @Schema(name = "ItemList", description = "Some items of a thread, in the order asked for.")
    record ItemList(
            @Schema(required = true) List<ItemResponse> items,

            @Schema(required = true, description = "Whether further items may belong to the same query.")
            boolean hasMore,

            @Nullable
            @Schema(description = "Send it as after for the next page; present if has_more in ascending order.")
            Long nextAfter,

            @Nullable
            @Schema(description = "Send it as before for the next page; present if has_more in descending order.")
            Long nextBefore) {}

    /** A whole history. Only its schema is used. */
    @Schema(name = "History", description = "All items of a thread, in order.", type = SchemaType.OBJECT)
    record History(
            @Schema(required = true) UUID threadId,
            @Schema(required = true) List<ItemResponse> items) {}
}
