package io.threadstore.rest;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.threadstore.rollout.ThreadVerification;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** What was found when a thread was verified. */
@Schema(name = "ThreadVerification", description = "What was found when a thread was compared with its items.")
@RegisterForReflection
record VerificationResponse(
        @Schema(required = true) UUID threadId,

        @Schema(required = true, description = "Whether there are no differences.")
        boolean sound,

        @Schema(required = true, description = "How many items were read.")
        long items,

        @Schema(required = true, description = "How many bytes their texts have together.")
        long bytes,

        @Schema(required = true, description = "How many of them were stored before there were checksums.")
        long itemsWithoutChecksum,

        @Schema(required = true, description = "How many differences there are.")
        long differenceCount,

        @Schema(
                required = true,
                description = "The first 100 differences.",
                maxItems = ThreadVerification.MOST_DIFFERENCES)
        List<Difference> differences,

        @Schema(required = true, description = "What of the thread its items don't determine, and was not compared.")
        List<String> notDerivable) {

    static VerificationResponse of(ThreadVerification found) {
        return new VerificationResponse(
                found.threadId().value(),
                found.isSound(),
                found.items(),
                found.bytes(),
                found.itemsWithoutChecksum(),
                found.differenceCount(),
                found.differences().stream().map(Difference::of).toList(),
                found.notDerivable());
    }

    /** Something that is not as it should be. */
    @Schema(name = "ThreadDifference", description = "Something stored that is not as it should be.")
    @RegisterForReflection
    record Difference(
            @Schema(required = true) DifferenceKind kind,

            @Nullable @Schema(description = "The item's place, where it is about an item.")
            Long ordinal,

            @Nullable @Schema(description = "The part that differs, where it is about one.")
            String field,

            @Nullable @Schema(description = "What is stored, as text, cut at 500 characters; absent where nothing is.")
            String stored,

            @Nullable
            @Schema(description = "What should be, as text, cut at 500 characters; absent where nothing should.")
            String derived) {

        static Difference of(ThreadVerification.Difference found) {
            return new Difference(
                    DifferenceKind.valueOf(found.kind().name().toLowerCase(Locale.ROOT)),
                    found.ordinal(),
                    found.field(),
                    found.stored(),
                    found.derived());
        }
    }

    /** {@link ThreadVerification.Kind}, by the words of the contract. */
    @Schema(
            name = "DifferenceKind",
            description =
                    "thread_field: a part of the thread is not what its items determine. item_missing: there is no item at the ordinal."
                            + " item_beyond_end: there is one at an ordinal that has not been given yet. item_checksum: its text is not the one that the"
                            + " checksum was made of. item_unreadable: its text is no item. item_field: its type, subtype or length is noted wrongly."
                            + " patch_without_item: a metadata patch names an item that is not there. writer_epoch: the live writer is not the latest.")
    enum DifferenceKind {
        thread_field,
        item_missing,
        item_beyond_end,
        item_checksum,
        item_unreadable,
        item_field,
        patch_without_item,
        writer_epoch
    }

    /** A page of threads that were verified. */
    @Schema(name = "VerificationPage", description = "What was found when a page of threads was verified.")
    @RegisterForReflection
    record Page(
            @Schema(required = true, description = "How many threads were verified.")
            long verified,

            @Schema(required = true, description = "How many items they have together.")
            long items,

            @Schema(required = true, description = "How many bytes these have together.")
            long bytes,

            @Schema(required = true, description = "Those that are not sound.")
            List<VerificationResponse> unsound,

            @Nullable @Schema(description = "Send it as cursor to go on; absent at the end.")
            String nextCursor) {}
}
