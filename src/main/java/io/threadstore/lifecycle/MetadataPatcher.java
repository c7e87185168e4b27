package io.threadstore.lifecycle;

import com.fasterxml.jackson.core.JsonGenerator;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.CurrentCaller;
import io.threadstore.platform.Json;
import io.threadstore.platform.JsonText;
import io.threadstore.rollout.ItemReader;
import io.threadstore.rollout.RolloutItem;
import io.threadstore.rollout.RolloutLog;
import io.threadstore.rollout.SessionMeta;
import io.threadstore.thread.AppliedPatch;
import io.threadstore.thread.Change;
import io.threadstore.thread.LockedThread;
import io.threadstore.thread.MemoryMode;
import io.threadstore.thread.MetadataPatches;
import io.threadstore.thread.ThreadMetadataPatch;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Applies a patch to a locked thread: one item at the end of its history, one row in the audit trail. The summary follows from
 * the item, as it does for every other, so that what the items say and what the thread shows can't drift apart.
 */
@ApplicationScoped
class MetadataPatcher {

    private final RolloutLog log;
    private final SessionMeta sessionMeta;
    private final ItemReader items;
    private final MetadataPatches patches;
    private final Json json;
    private final CurrentCaller caller;
    private final Clock clock;

    MetadataPatcher(
            RolloutLog log,
            SessionMeta sessionMeta,
            ItemReader items,
            MetadataPatches patches,
            Json json,
            CurrentCaller caller,
            Clock clock) {
        this.log = log;
        this.sessionMeta = sessionMeta;
        this.items = items;
        this.patches = patches;
        this.json = json;
        this.caller = caller;
        this.clock = clock;
    }

    /** Applies a patch that is not empty. */
    void apply(LockedThread thread, ThreadMetadataPatch patch) {
        if (!patch.name().isKept()) {
            var name = valueOf(patch.name());
            requireOwnSessionMeta(thread, "failed to set thread name");
            append(
                    thread,
                    ThreadMetadataPatch.NAME,
                    nameUpdated(thread, name),
                    json.write(out -> out.writeString(name)));
        } else if (patch.memoryMode() instanceof Change.Set<MemoryMode> mode) {
            var first = requireOwnSessionMeta(thread, "failed to set thread memory mode");
            append(
                    thread,
                    ThreadMetadataPatch.MEMORY_MODE,
                    sessionMeta.withMemoryMode(first, mode.value()),
                    json.write(out -> out.writeString(mode.value().word())));
        } else {
            var git = valueOf(patch.gitInfo());
            var first = requireOwnSessionMeta(thread, "failed to set thread git info");
            var merged = git == null ? null : git.applyTo(thread.summary().gitInfo());
            append(
                    thread,
                    ThreadMetadataPatch.GIT_INFO,
                    sessionMeta.withGit(first, thread.summary().memoryMode(), merged),
                    gitValue(git));
        }
    }

    private void append(LockedThread thread, String field, RolloutItem item, JsonText value) {
        var now = clock.instant();
        var ordinal = log.append(thread, List.of(item), now);
        patches.record(thread, new AppliedPatch(field, value, now, caller.get().subject(), ordinal));
    }

    private RolloutItem nameUpdated(LockedThread thread, @Nullable String name) {
        return items.read(json.write(out -> {
            out.writeStartObject();
            out.writeStringField("type", RolloutItem.EVENT_MSG);
            out.writeObjectFieldStart("payload");
            out.writeStringField("type", RolloutItem.THREAD_NAME_UPDATED);
            out.writeStringField("thread_id", thread.threadId().toString());
            out.writeStringField("thread_name", name);
            out.writeEndObject();
            out.writeEndObject();
        }));
    }

    private JsonText gitValue(ThreadMetadataPatch.@Nullable Git git) {
        return json.write(out -> {
            if (git == null) {
                out.writeNull();
                return;
            }
            out.writeStartObject();
            writePart(out, "sha", git.sha());
            writePart(out, "branch", git.branch());
            writePart(out, "origin_url", git.originUrl());
            out.writeEndObject();
        });
    }

    private static void writePart(JsonGenerator out, String name, Change<String> change) throws IOException {
        if (!change.isKept()) {
            out.writeStringField(name, valueOf(change));
        }
    }

    private RolloutItem requireOwnSessionMeta(LockedThread thread, String failure) {
        var expected = thread.threadId().toString();
        var first = firstSessionMeta(thread).orElseThrow(() -> mismatch(thread, failure, expected, "no session_meta"));
        var found = sessionMeta.idOf(first);
        if (!found.equalsIgnoreCase(expected)) {
            throw mismatch(thread, failure, expected, found);
        }
        return first;
    }

    /** The one that is stored, or of a lazy thread the one that waits. */
    private Optional<RolloutItem> firstSessionMeta(LockedThread thread) {
        return thread.isLazy() ? thread.pendingSessionMeta().map(items::read) : log.firstSessionMeta(thread);
    }

    private static ThreadStoreException mismatch(LockedThread thread, String failure, String expected, String found) {
        return ThreadStoreException.of(
                        ErrorKind.INTERNAL,
                        "%s: rollout session metadata id mismatch: expected %s, found %s"
                                .formatted(failure, expected, found))
                .about(thread.threadId().value());
    }

    private static <T> @Nullable T valueOf(Change<T> change) {
        return change instanceof Change.Set<T> set ? set.value() : null;
    }
}
