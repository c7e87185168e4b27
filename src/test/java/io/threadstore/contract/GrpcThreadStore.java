package io.threadstore.contract;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.grpc.StatusRuntimeException;
import io.threadstore.codex.proto.AppendThreadItemsRequest;
import io.threadstore.codex.proto.ArchiveThreadRequest;
import io.threadstore.codex.proto.CreateThreadRequest;
import io.threadstore.codex.proto.GitInfoPatch;
import io.threadstore.codex.proto.ListThreadsRequest;
import io.threadstore.codex.proto.LoadThreadHistoryRequest;
import io.threadstore.codex.proto.OptionalStringPatch;
import io.threadstore.codex.proto.OptionalStringPatchKind;
import io.threadstore.codex.proto.ReadThreadRequest;
import io.threadstore.codex.proto.ResumeThreadRequest;
import io.threadstore.codex.proto.SessionSource;
import io.threadstore.codex.proto.SessionSourceKind;
import io.threadstore.codex.proto.SortDirection;
import io.threadstore.codex.proto.ThreadIdRequest;
import io.threadstore.codex.proto.ThreadMemoryMode;
import io.threadstore.codex.proto.ThreadMetadataPatch;
import io.threadstore.codex.proto.ThreadStoreGrpc;
import io.threadstore.codex.proto.UpdateThreadMetadataRequest;
import io.threadstore.testsupport.Rest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;

/** The contract over gRPC, as Codex speaks it. What its answers don't show (the memory mode) is read through REST. */
final class GrpcThreadStore implements ThreadStoreUnderTest {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final ThreadStoreGrpc.ThreadStoreBlockingStub stub;

    GrpcThreadStore(ThreadStoreGrpc.ThreadStoreBlockingStub stub) {
        this.stub = stub;
    }

    @Override
    public void create(UUID id) {
        createLazy(id);
        persist(id);
    }

    @Override
    public void createLazy(UUID id) {
        call(() -> stub.createThread(CreateThreadRequest.newBuilder()
                .setThreadId(id.toString())
                .setSource(SessionSource.newBuilder().setKind(SessionSourceKind.SESSION_SOURCE_KIND_CLI))
                .setBaseInstructionsJson("{\"text\":\"be kind\"}")
                .setMetadataJson("{\"cwd\":\"/work\",\"model_provider\":\"fake\",\"memory_mode\":\"enabled\"}")
                .build()));
    }

    @Override
    public void resume(UUID id, boolean includeArchived) {
        call(() -> stub.resumeThread(ResumeThreadRequest.newBuilder()
                .setThreadId(id.toString())
                .setIncludeArchived(includeArchived)
                .build()));
    }

    @Override
    public void append(UUID id, String... items) {
        call(() -> stub.appendItems(AppendThreadItemsRequest.newBuilder()
                .setThreadId(id.toString())
                .addAllItemsJson(List.of(items))
                .build()));
    }

    @Override
    public void persist(UUID id) {
        call(() -> stub.persistThread(thread(id)));
    }

    @Override
    public void flush(UUID id) {
        call(() -> stub.flushThread(thread(id)));
    }

    @Override
    public void shutdown(UUID id) {
        call(() -> stub.shutdownThread(thread(id)));
    }

    @Override
    public void discard(UUID id) {
        call(() -> stub.discardThread(thread(id)));
    }

    @Override
    public List<Item> loadHistory(UUID id, boolean includeArchived) {
        var history = call(() -> stub.loadHistory(LoadThreadHistoryRequest.newBuilder()
                .setThreadId(id.toString())
                .setIncludeArchived(includeArchived)
                .build()));
        return history.getItemsJsonList().stream().map(GrpcThreadStore::item).toList();
    }

    private static Item item(String text) {
        var marker = ",\"payload\":";
        var payload = text.substring(text.indexOf(marker) + marker.length(), text.length() - 1);
        try {
            return new Item(MAPPER.readTree(text).get("type").asText(), payload);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public View read(UUID id, boolean includeArchived) {
        var thread = call(() -> stub.readThread(ReadThreadRequest.newBuilder()
                        .setThreadId(id.toString())
                        .setIncludeArchived(includeArchived)
                        .build()))
                .getThread();
        return new View(
                thread.hasName() ? thread.getName() : null,
                Rest.request()
                        .get(Rest.path(id) + "?include_archived=true")
                        .jsonPath()
                        .getString("memory_mode"),
                thread.getGitInfo().hasSha() ? thread.getGitInfo().getSha() : null,
                thread.hasArchivedAt());
    }

    @Override
    public List<UUID> findByName(String part) {
        return call(() -> stub.listThreads(ListThreadsRequest.newBuilder()
                        .setPageSize(25)
                        .setSortDirection(SortDirection.SORT_DIRECTION_DESC)
                        .setSearchTerm(part)
                        .build()))
                .getThreadsList()
                .stream()
                .map(thread -> UUID.fromString(thread.getThreadId()))
                .toList();
    }

    @Override
    public void rename(UUID id, String name, boolean includeArchived) {
        patch(id, ThreadMetadataPatch.newBuilder().setName(name), includeArchived);
    }

    @Override
    public void setMemoryMode(UUID id, String mode, boolean includeArchived) {
        patch(id, ThreadMetadataPatch.newBuilder().setMemoryMode(memoryMode(mode)), includeArchived);
    }

    @Override
    public void setGitSha(UUID id, String sha, boolean includeArchived) {
        var set = OptionalStringPatch.newBuilder()
                .setKind(OptionalStringPatchKind.OPTIONAL_STRING_PATCH_KIND_SET)
                .setValue(sha);
        patch(
                id,
                ThreadMetadataPatch.newBuilder()
                        .setGitInfo(GitInfoPatch.newBuilder().setSha(set)),
                includeArchived);
    }

    @Override
    public void renameAndSetMemoryMode(UUID id, String name, String mode) {
        patch(id, ThreadMetadataPatch.newBuilder().setName(name).setMemoryMode(memoryMode(mode)), false);
    }

    private static ThreadMemoryMode memoryMode(String mode) {
        return mode.equals("disabled")
                ? ThreadMemoryMode.THREAD_MEMORY_MODE_DISABLED
                : ThreadMemoryMode.THREAD_MEMORY_MODE_ENABLED;
    }

    private void patch(UUID id, ThreadMetadataPatch.Builder patch, boolean includeArchived) {
        call(() -> stub.updateThreadMetadata(UpdateThreadMetadataRequest.newBuilder()
                .setThreadId(id.toString())
                .setPatch(patch)
                .setIncludeArchived(includeArchived)
                .build()));
    }

    @Override
    public void archive(UUID id) {
        call(() -> stub.archiveThread(
                ArchiveThreadRequest.newBuilder().setThreadId(id.toString()).build()));
    }

    @Override
    public void unarchive(UUID id) {
        call(() -> stub.unarchiveThread(
                ArchiveThreadRequest.newBuilder().setThreadId(id.toString()).build()));
    }

    private static ThreadIdRequest thread(UUID id) {
        return ThreadIdRequest.newBuilder().setThreadId(id.toString()).build();
    }

    private static <T> T call(Supplier<T> call) {
        try {
            return call.get();
        } catch (StatusRuntimeException e) {
            var message = String.valueOf(e.getStatus().getDescription());
            throw new Refused(reason(e, message), message);
        }
    }

    private static Reason reason(StatusRuntimeException refusal, String message) {
        return switch (refusal.getStatus().getCode()) {
            case NOT_FOUND -> message.contains("no live writer") ? Reason.NOT_LIVE : Reason.NOT_FOUND;
            case ALREADY_EXISTS -> Reason.ALREADY_LIVE;
            case INTERNAL -> Reason.INTERNAL;
            default ->
                message.startsWith("no rollout found") || message.startsWith("failed to resolve rollout path `")
                        ? Reason.NOT_FOUND
                        : Reason.INVALID;
        };
    }
}
