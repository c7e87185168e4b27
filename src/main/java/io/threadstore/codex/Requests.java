package io.threadstore.codex;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.threadstore.codex.proto.CreateThreadRequest;
import io.threadstore.codex.proto.OptionalStringPatch;
import io.threadstore.codex.proto.OptionalStringPatchKind;
import io.threadstore.codex.proto.ThreadEventPersistenceMode;
import io.threadstore.codex.proto.ThreadMemoryMode;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.JsonText;
import io.threadstore.rollout.AppendItems;
import io.threadstore.rollout.ItemReader;
import io.threadstore.rollout.RolloutItem;
import io.threadstore.thread.Change;
import io.threadstore.thread.MemoryMode;
import io.threadstore.thread.NewThread;
import io.threadstore.thread.PersistenceMode;
import io.threadstore.thread.ThreadId;
import io.threadstore.thread.ThreadMetadataPatch;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What Codex sends, as values (Codex notes, 2.3). */
@ApplicationScoped
class Requests {

    /** Codex does not say who it is. */
    private static final String ORIGINATOR = "codex";

    private final ItemReader reader;
    private final ObjectMapper mapper;

    Requests(ItemReader reader, ObjectMapper mapper) {
        this.reader = reader;
        this.mapper = mapper;
    }

    static ThreadId threadId(String text) {
        return ThreadId.tryParse(text).orElseThrow(() -> Refusals.invalid("invalid thread id: " + text));
    }

    static PersistenceMode mode(ThreadEventPersistenceMode mode) {
        return mode == ThreadEventPersistenceMode.THREAD_EVENT_PERSISTENCE_MODE_EXTENDED
                ? PersistenceMode.EXTENDED
                : PersistenceMode.LIMITED;
    }

    NewThread newThread(CreateThreadRequest request) {
        var metadata = metadata(request.getMetadataJson());
        var source = Sources.read(request.getSource());
        return new NewThread(
                threadId(request.getThreadId()),
                null,
                request.hasForkedFromId() ? threadId(request.getForkedFromId()).value() : null,
                source.parentThreadId(),
                source,
                object("base_instructions_json", request.getBaseInstructionsJson()),
                request.getDynamicToolsJsonList().stream()
                        .map(tool -> object("dynamic_tools_json", tool))
                        .toList(),
                mode(request.getEventPersistenceMode()),
                text(metadata.path("cwd")),
                text(metadata.path("model_provider")),
                MemoryMode.ofWord(metadata.path("memory_mode").asText()).orElse(MemoryMode.ENABLED),
                ORIGINATOR,
                null,
                null,
                true);
    }

    /** Absent before 0.129. */
    private JsonNode metadata(String json) {
        return json.isEmpty() ? mapper.createObjectNode() : tree("metadata_json", json);
    }

    private @Nullable JsonText object(String field, String json) {
        if (json.isEmpty()) {
            return null;
        }
        if (!tree(field, json).isObject()) {
            throw Refusals.invalid(field + " is not a JSON object");
        }
        return JsonText.of(json);
    }

    private JsonNode tree(String field, String json) {
        try {
            return mapper.readTree(json);
        } catch (JsonProcessingException e) {
            throw Refusals.invalid(field + " is not JSON");
        }
    }

    AppendItems items(List<String> texts) {
        var items = new ArrayList<RolloutItem>(texts.size());
        for (var text : texts) {
            try {
                items.add(reader.read(JsonText.of(text)));
            } catch (ThreadStoreException e) {
                throw ThreadStoreException.of(e.kind(), "items_json[" + items.size() + "] " + e.getMessage(), e);
            }
        }
        return new AppendItems(items, null);
    }

    static ThreadMetadataPatch patch(io.threadstore.codex.proto.ThreadMetadataPatch patch) {
        var fields = (patch.hasName() ? 1 : 0) + (patch.hasMemoryMode() ? 1 : 0) + (patch.hasGitInfo() ? 1 : 0);
        if (fields > 1) {
            throw Refusals.twoFields();
        }
        return new ThreadMetadataPatch(
                patch.hasName() ? Change.set(patch.getName()) : Change.keep(),
                patch.hasMemoryMode() ? Change.set(memoryMode(patch.getMemoryMode())) : Change.keep(),
                patch.hasGitInfo()
                        ? Change.set(new ThreadMetadataPatch.Git(
                                change(patch.getGitInfo().getSha()),
                                change(patch.getGitInfo().getBranch()),
                                change(patch.getGitInfo().getOriginUrl())))
                        : Change.keep());
    }

    private static MemoryMode memoryMode(ThreadMemoryMode mode) {
        return mode == ThreadMemoryMode.THREAD_MEMORY_MODE_DISABLED ? MemoryMode.DISABLED : MemoryMode.ENABLED;
    }

    private static Change<String> change(OptionalStringPatch patch) {
        if (patch.getKind() == OptionalStringPatchKind.OPTIONAL_STRING_PATCH_KIND_SET) {
            return Change.set(patch.getValue());
        }
        return patch.getKind() == OptionalStringPatchKind.OPTIONAL_STRING_PATCH_KIND_CLEAR
                ? Change.clear()
                : Change.keep();
    }

    private static @Nullable String text(JsonNode node) {
        return node.isTextual() && !node.asText().isEmpty() ? node.asText() : null;
    }
}
