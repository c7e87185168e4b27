package io.threadstore.codex;

import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import io.smallrye.common.annotation.Blocking;
import io.threadstore.codex.proto.AppendThreadItemsRequest;
import io.threadstore.codex.proto.ArchiveThreadRequest;
import io.threadstore.codex.proto.CreateThreadRequest;
import io.threadstore.codex.proto.Empty;
import io.threadstore.codex.proto.ListThreadsRequest;
import io.threadstore.codex.proto.ListThreadsResponse;
import io.threadstore.codex.proto.LoadThreadHistoryRequest;
import io.threadstore.codex.proto.ReadThreadRequest;
import io.threadstore.codex.proto.ResumeThreadRequest;
import io.threadstore.codex.proto.StoredThreadHistory;
import io.threadstore.codex.proto.StoredThreadResponse;
import io.threadstore.codex.proto.ThreadIdRequest;
import io.threadstore.codex.proto.ThreadStoreGrpc;
import io.threadstore.codex.proto.UpdateThreadMetadataRequest;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.lifecycle.LiveWriterService;
import io.threadstore.lifecycle.Preconditions;
import io.threadstore.lifecycle.ThreadLifecycleService;
import io.threadstore.lifecycle.ThreadMetadataService;
import io.threadstore.rollout.RolloutService;
import io.threadstore.thread.StoredThread;
import io.threadstore.thread.ThreadId;
import io.threadstore.thread.ThreadService;
import io.threadstore.thread.ThreadState;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The service that Codex calls: convert, call, convert. A thread that Codex creates is lazy until it is persisted; a resume always takes
 * over, because a Codex that crashed never closes its writer and has no way to say which writer it is (Codex notes, 12).
 */
@GrpcService
@Blocking
class CodexThreadStore extends ThreadStoreGrpc.ThreadStoreImplBase {

    private final ThreadLifecycleService lifecycle;
    private final ThreadMetadataService metadata;
    private final LiveWriterService writers;
    private final RolloutService rollouts;
    private final ThreadService lookUp;
    private final Requests requests;
    private final Listing listing;
    private final Threads threads;
    private final Histories histories;

    CodexThreadStore(
            ThreadLifecycleService lifecycle,
            ThreadMetadataService metadata,
            LiveWriterService writers,
            RolloutService rollouts,
            ThreadService lookUp,
            Requests requests,
            Listing listing,
            Threads threads,
            Histories histories) {
        this.lifecycle = lifecycle;
        this.metadata = metadata;
        this.writers = writers;
        this.rollouts = rollouts;
        this.lookUp = lookUp;
        this.requests = requests;
        this.listing = listing;
        this.threads = threads;
        this.histories = histories;
    }

    @Override
    public void createThread(CreateThreadRequest request, StreamObserver<Empty> answer) {
        run(answer, () -> lifecycle.create(requests.newThread(request)));
    }

    @Override
    public void resumeThread(ResumeThreadRequest request, StreamObserver<Empty> answer) {
        run(
                answer,
                () -> writers.open(
                        Requests.threadId(request.getThreadId()),
                        request.getIncludeArchived(),
                        true,
                        Requests.mode(request.getEventPersistenceMode())));
    }

    @Override
    public void appendItems(AppendThreadItemsRequest request, StreamObserver<Empty> answer) {
        run(
                answer,
                () -> rollouts.append(
                        Requests.threadId(request.getThreadId()), null, requests.items(request.getItemsJsonList())));
    }

    @Override
    public void persistThread(ThreadIdRequest request, StreamObserver<Empty> answer) {
        run(answer, () -> writers.persist(Requests.threadId(request.getThreadId()), null));
    }

    @Override
    public void flushThread(ThreadIdRequest request, StreamObserver<Empty> answer) {
        run(answer, () -> writers.flush(Requests.threadId(request.getThreadId()), null));
    }

    @Override
    public void shutdownThread(ThreadIdRequest request, StreamObserver<Empty> answer) {
        run(answer, () -> {
            try {
                return writers.shutdown(Requests.threadId(request.getThreadId()), null);
            } catch (ThreadStoreException e) {
                return ifNothingToClose(e);
            }
        });
    }

    @Override
    public void discardThread(ThreadIdRequest request, StreamObserver<Empty> answer) {
        run(answer, () -> {
            try {
                writers.discard(Requests.threadId(request.getThreadId()), null);
                return null;
            } catch (ThreadStoreException e) {
                return ifNothingToClose(e);
            }
        });
    }

    /** To end what has ended is no failure: 0.125 does. */
    private static @Nullable Object ifNothingToClose(ThreadStoreException failure) {
        if (failure.kind() == ErrorKind.THREAD_NOT_FOUND || failure.kind() == ErrorKind.THREAD_NOT_LIVE) {
            return null;
        }
        throw failure;
    }

    @Override
    public void loadHistory(LoadThreadHistoryRequest request, StreamObserver<StoredThreadHistory> answer) {
        call(answer, () -> {
            var id = Requests.threadId(request.getThreadId());
            var thread = lookUp.find(id).orElseThrow(() -> Refusals.noRollout(id));
            if (thread.state() == ThreadState.LAZY) {
                throw Refusals.notMaterialized(id);
            }
            if (thread.state() == ThreadState.ARCHIVED && !request.getIncludeArchived()) {
                throw writers.isLive(id) ? Refusals.archived(id) : Refusals.noRollout(id);
            }
            return history(thread);
        });
    }

    @Override
    public void readThread(ReadThreadRequest request, StreamObserver<StoredThreadResponse> answer) {
        call(answer, () -> {
            var thread = require(Requests.threadId(request.getThreadId()), request.getIncludeArchived());
            var written = threads.write(thread);
            if (request.getIncludeHistory()) {
                written.setHistory(history(thread));
            }
            return StoredThreadResponse.newBuilder().setThread(written).build();
        });
    }

    @Override
    public void listThreads(ListThreadsRequest request, StreamObserver<ListThreadsResponse> answer) {
        call(answer, () -> listing.list(request));
    }

    @Override
    public void updateThreadMetadata(UpdateThreadMetadataRequest request, StreamObserver<StoredThreadResponse> answer) {
        call(
                answer,
                () -> response(metadata.update(
                        Requests.threadId(request.getThreadId()),
                        Requests.patch(request.getPatch()),
                        request.getIncludeArchived(),
                        Preconditions.NONE)));
    }

    @Override
    public void archiveThread(ArchiveThreadRequest request, StreamObserver<Empty> answer) {
        run(answer, () -> {
            var id = Requests.threadId(request.getThreadId());
            try {
                return lifecycle.archive(id, new Preconditions(thread -> thread.archivedAt() == null));
            } catch (ThreadStoreException e) {
                throw isMissing(e) ? Refusals.noRollout(id) : e;
            }
        });
    }

    @Override
    public void unarchiveThread(ArchiveThreadRequest request, StreamObserver<StoredThreadResponse> answer) {
        call(answer, () -> {
            var id = Requests.threadId(request.getThreadId());
            try {
                return response(lifecycle.unarchive(id, new Preconditions(thread -> thread.archivedAt() != null)));
            } catch (ThreadStoreException e) {
                throw isMissing(e) ? Refusals.noArchivedRollout(id) : e;
            }
        });
    }

    /** Whether there is no such thread, or not in the state that the call is for. */
    private static boolean isMissing(ThreadStoreException failure) {
        return failure.kind() == ErrorKind.THREAD_NOT_FOUND || failure.kind() == ErrorKind.PRECONDITION_FAILED;
    }

    private StoredThread require(ThreadId id, boolean includeArchived) {
        try {
            return lookUp.requireThread(id, includeArchived);
        } catch (ThreadStoreException e) {
            throw isMissing(e) ? Refusals.noRollout(id) : e;
        }
    }

    private StoredThreadHistory history(StoredThread thread) {
        return StoredThreadHistory.newBuilder()
                .setThreadId(thread.threadId().toString())
                .addAllItemsJson(histories.read(thread))
                .build();
    }

    private StoredThreadResponse response(StoredThread thread) {
        return StoredThreadResponse.newBuilder()
                .setThread(threads.write(thread))
                .build();
    }

    private static void run(StreamObserver<Empty> answer, Supplier<@Nullable Object> operation) {
        call(answer, () -> {
            operation.get();
            return Empty.getDefaultInstance();
        });
    }

    private static <T> void call(StreamObserver<T> answer, Supplier<T> operation) {
        T result;
        try {
            result = operation.get();
        } catch (RuntimeException e) {
            answer.onError(Refusals.of(e));
            return;
        }
        answer.onNext(result);
        answer.onCompleted();
    }
}
