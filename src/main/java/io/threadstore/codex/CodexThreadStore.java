package io.threadstore.codex;

import io.grpc.Context;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import io.smallrye.mutiny.infrastructure.Infrastructure;
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
import io.threadstore.identity.AuditLog;
import io.threadstore.identity.Scope;
import io.threadstore.lifecycle.LiveWriterService;
import io.threadstore.lifecycle.Preconditions;
import io.threadstore.lifecycle.ThreadLifecycleService;
import io.threadstore.lifecycle.ThreadMetadataService;
import io.threadstore.platform.Conflicts;
import io.threadstore.platform.CurrentCaller;
import io.threadstore.platform.RunningQuery;
import io.threadstore.platform.limits.RequestMemory;
import io.threadstore.rollout.RolloutService;
import io.threadstore.thread.StoredThread;
import io.threadstore.thread.ThreadId;
import io.threadstore.thread.ThreadService;
import io.threadstore.thread.ThreadState;
import io.vertx.core.Vertx;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The service that Codex calls: convert, call, convert. A thread that Codex creates is lazy until it is persisted; a resume always takes
 * over, because a Codex that crashed never closes its writer and has no way to say which writer it is (Codex notes, 12).
 */
@GrpcService
class CodexThreadStore extends ThreadStoreGrpc.ThreadStoreImplBase {

    /** How long a message may be that is looked at on the event loop. */
    private static final int QUICK_BYTES = 16 * 1024;

    private static final Object NOTHING_DONE = new Object();
    private static final Object NO_SUCH_THREAD = new Object();
    private static final Empty DONE = Empty.getDefaultInstance();
    /** An answer like any other, to something that changed nothing. */
    private static final Empty UNTOUCHED = Empty.newBuilder().build();

    private final ThreadLifecycleService lifecycle;
    private final ThreadMetadataService metadata;
    private final LiveWriterService writers;
    private final RolloutService rollouts;
    private final ThreadService lookUp;
    private final Requests requests;
    private final Listing listing;
    private final Threads threads;
    private final Histories histories;
    private final CurrentCaller caller;
    private final RequestMemory memory;
    private final RunningQuery query;
    private final AuditLog audit;
    private final Conflicts conflicts;

    CodexThreadStore(
            ThreadLifecycleService lifecycle,
            ThreadMetadataService metadata,
            LiveWriterService writers,
            RolloutService rollouts,
            ThreadService lookUp,
            Requests requests,
            Listing listing,
            Threads threads,
            Histories histories,
            CurrentCaller caller,
            RequestMemory memory,
            RunningQuery query,
            AuditLog audit,
            Conflicts conflicts) {
        this.lifecycle = lifecycle;
        this.metadata = metadata;
        this.writers = writers;
        this.rollouts = rollouts;
        this.lookUp = lookUp;
        this.requests = requests;
        this.listing = listing;
        this.threads = threads;
        this.histories = histories;
        this.caller = caller;
        this.memory = memory;
        this.query = query;
        this.audit = audit;
        this.conflicts = conflicts;
    }

    @Override
    public void createThread(CreateThreadRequest request, StreamObserver<Empty> answer) {
        run(
                answer,
                new Call("CreateThread", request.getThreadId()),
                () -> lifecycle.create(requests.newThread(request)));
    }

    @Override
    public void resumeThread(ResumeThreadRequest request, StreamObserver<Empty> answer) {
        run(
                answer,
                new Call("ResumeThread", request.getThreadId()),
                () -> writers.open(
                        Requests.threadId(request.getThreadId()),
                        request.getIncludeArchived(),
                        true,
                        Requests.mode(request.getEventPersistenceMode())));
    }

    /**
     * More than half of what Codex sends, each within the user's turn, changes nothing: not even the thread is looked up. Where that can
     * be seen without waiting for anything it is answered here and now, on the event loop; all else goes on to where threads may wait.
     */
    @Override
    public void appendItems(AppendThreadItemsRequest request, StreamObserver<Empty> answer) {
        if (request.getSerializedSize() <= QUICK_BYTES && isDropped(request)) {
            answer.onNext(UNTOUCHED);
            answer.onCompleted();
            return;
        }
        append(request, answer);
    }

    private boolean isDropped(AppendThreadItemsRequest request) {
        try {
            Requests.threadId(request.getThreadId());
            return requests.items(request.getItemsJsonList()).leavesNoTrace();
        } catch (RuntimeException e) { // what it is will be said where it is refused
            return false;
        }
    }

    private void append(AppendThreadItemsRequest request, StreamObserver<Empty> answer) {
        run(answer, new Call("AppendItems", request.getThreadId()), () -> {
            var id = Requests.threadId(request.getThreadId());
            var append = requests.items(request.getItemsJsonList());
            if (append.leavesNoTrace()) {
                return NOTHING_DONE;
            }
            return rollouts.append(id, null, append);
        });
    }

    @Override
    public void persistThread(ThreadIdRequest request, StreamObserver<Empty> answer) {
        run(answer, new Call("PersistThread", request.getThreadId()), () -> {
            var id = Requests.threadId(request.getThreadId());
            return writers.hasNothingPending(id) ? NOTHING_DONE : writers.persist(id, null);
        });
    }

    @Override
    public void flushThread(ThreadIdRequest request, StreamObserver<Empty> answer) {
        run(answer, new Call("FlushThread", request.getThreadId()), () -> {
            var id = Requests.threadId(request.getThreadId());
            return writers.hasNothingPending(id) ? NOTHING_DONE : writers.flush(id, null);
        });
    }

    @Override
    public void shutdownThread(ThreadIdRequest request, StreamObserver<Empty> answer) {
        run(answer, new Call("ShutdownThread", request.getThreadId()), () -> {
            try {
                return writers.shutdown(Requests.threadId(request.getThreadId()), null);
            } catch (ThreadStoreException e) {
                return ifNothingToClose(e);
            }
        });
    }

    @Override
    public void discardThread(ThreadIdRequest request, StreamObserver<Empty> answer) {
        run(answer, new Call("DiscardThread", request.getThreadId()), () -> {
            try {
                writers.discard(Requests.threadId(request.getThreadId()), null);
                return null;
            } catch (ThreadStoreException e) {
                return ifNothingToClose(e);
            }
        });
    }

    /** To end what has ended is no failure: 0.125 does. */
    private static Object ifNothingToClose(ThreadStoreException failure) {
        return switch (failure.kind()) {
            case THREAD_NOT_FOUND -> NO_SUCH_THREAD;
            case THREAD_NOT_LIVE -> NOTHING_DONE;
            default -> throw failure;
        };
    }

    @Override
    public void loadHistory(LoadThreadHistoryRequest request, StreamObserver<StoredThreadHistory> answer) {
        call(answer, new Call("LoadHistory", request.getThreadId(), true), Scope.READ, () -> {
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
        call(answer, new Call("ReadThread", request.getThreadId(), request.getIncludeHistory()), Scope.READ, () -> {
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
        call(answer, new Call("ListThreads", null), Scope.READ, () -> listing.list(request));
    }

    @Override
    public void updateThreadMetadata(UpdateThreadMetadataRequest request, StreamObserver<StoredThreadResponse> answer) {
        call(
                answer,
                new Call("UpdateThreadMetadata", request.getThreadId()),
                Scope.WRITE,
                () -> response(metadata.update(
                        Requests.threadId(request.getThreadId()),
                        Requests.patch(request.getPatch()),
                        request.getIncludeArchived(),
                        Preconditions.NONE)));
    }

    @Override
    public void archiveThread(ArchiveThreadRequest request, StreamObserver<Empty> answer) {
        run(answer, new Call("ArchiveThread", request.getThreadId()), () -> {
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
        call(answer, new Call("UnarchiveThread", request.getThreadId()), Scope.WRITE, () -> {
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
        CallHeaders.current().memory().growBlocking(Histories.memoryFor(thread));
        memory.enter(CallHeaders.current().memory());
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

    /** What changes something and has nothing to tell. */
    private void run(StreamObserver<Empty> answer, Call call, Supplier<@Nullable Object> operation) {
        call(answer, call, Scope.WRITE, () -> {
            var done = operation.get();
            if (done == NO_SUCH_THREAD) {
                audit(call, Scope.WRITE, Status.NOT_FOUND);
            }
            return done == NOTHING_DONE || done == NO_SUCH_THREAD ? UNTOUCHED : DONE;
        });
    }

    /** Runs a call on a thread that may wait. */
    private <T> void call(StreamObserver<T> answer, Call call, Scope needed, Supplier<T> operation) {
        var current = Context.current();
        Vertx.currentContext()
                .executeBlocking(
                        () -> {
                            current.run(() -> answer(answer, call, needed, operation));
                            return null;
                        },
                        false)
                .onFailure(failure -> answer.onError(Refusals.of(failure))); // no thread took it
    }

    private <T> void answer(StreamObserver<T> answer, Call call, Scope needed, Supplier<T> operation) {
        var admitted = CallHeaders.current();
        if (!admitted.request().beginWork()) {
            answer.onError(Refusals.status(Status.CANCELLED, "the client has disconnected"));
            return;
        }
        try {
            if (needed == Scope.READ) {
                var slot = query.slot();
                admitted.request().onExchangeEnd(() -> slot.cancel(Infrastructure.getDefaultWorkerPool()));
            }
            work(answer, call, needed, operation);
        } finally {
            admitted.request().endWork();
        }
    }

    private <T> void work(StreamObserver<T> answer, Call call, Scope needed, Supplier<T> operation) {
        T result;
        try {
            caller.enter(CallHeaders.current().caller());
            memory.enter(CallHeaders.current().memory());
            result = operation.get();
        } catch (Throwable e) { // Codex waits for ever for an answer that does not come
            Refusals.kindOf(e).ifPresent(conflicts::count);
            var refusal = Refusals.of(e);
            audit(call, needed, refusal.getStatus());
            answer.onError(refusal);
            return;
        }
        if (result != UNTOUCHED) {
            audit(call, needed, Status.OK);
        }
        answer.onNext(result);
        answer.onCompleted();
    }

    /** Puts every write and every refusal on record, and the reads that are to be. */
    private void audit(Call call, Scope needed, Status status) {
        var isRefusal = Refusals.isRefusal(status);
        if (needed == Scope.READ && !isRefusal && !audit.recordsRead(call.isExport())) {
            return;
        }
        audit.record(new AuditLog.Entry(
                "grpc",
                call.method(),
                // whatever else was sent in its place does not belong into a log
                call.threadId() == null
                        ? null
                        : ThreadId.tryParse(call.threadId())
                                .map(ThreadId::toString)
                                .orElse(null),
                status.isOk()
                        ? AuditLog.Outcome.ALLOWED
                        : isRefusal ? AuditLog.Outcome.REFUSED : AuditLog.Outcome.FAILED,
                status.getCode().name(),
                CallHeaders.current().from(),
                CallHeaders.current().requestId()));
    }

    /**
     * A call, for the record.
     *
     * @param method the method's name
     * @param threadId the thread that it is about; null if there is none
     * @param isExport whether it answers with a whole history
     */
    private record Call(String method, @Nullable String threadId, boolean isExport) {

        Call(String method, @Nullable String threadId) {
            this(method, threadId, false);
        }
    }
}
