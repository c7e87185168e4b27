package io.threadstore.rollout;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonToken;
import io.threadstore.platform.Json;
import io.threadstore.platform.JsonText;
import io.threadstore.platform.Timestamps;
import io.threadstore.thread.GitInfo;
import io.threadstore.thread.MemoryMode;
import io.threadstore.thread.NewThread;
import io.threadstore.thread.SessionSource;
import io.threadstore.thread.ThreadDefaults;
import io.threadstore.thread.ThreadSummary;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Writes {@code session_meta} items (Codex notes, 2.3, 4.1 and 6): a new thread's first item, and the copies that patches append. */
@ApplicationScoped
public class SessionMeta {

    /** The originator of threads whose creator does not name itself; Codex needs one. */
    static final String DEFAULT_ORIGINATOR = "threadstore";

    private static final String CWD = "cwd";
    private static final String MODEL_PROVIDER = "model_provider";
    private static final String THREAD_SOURCE = "thread_source";
    private static final Set<String> LEARNT = Set.of(CWD, MODEL_PROVIDER, THREAD_SOURCE);
    private static final Set<String> PATCHED = Set.of("memory_mode", "git");

    private final Json json;
    private final ItemReader items;
    private final ThreadDefaults defaults;

    SessionMeta(Json json, ItemReader items, ThreadDefaults defaults) {
        this.json = json;
        this.items = items;
        this.defaults = defaults;
    }

    /** Item 0 of a new thread. */
    public RolloutItem first(NewThread thread, Instant createdAt) {
        return items.read(json.write(out -> {
            out.writeStartObject();
            out.writeStringField("type", RolloutItem.SESSION_META);
            out.writeObjectFieldStart("payload");
            out.writeStringField("id", thread.threadId().toString());
            writeIfPresent(out, "session_id", thread.sessionId());
            writeIfPresent(out, "forked_from_id", thread.forkedFromId());
            writeIfPresent(out, "parent_thread_id", thread.parentThreadId());
            out.writeStringField("timestamp", Timestamps.format(createdAt));
            out.writeStringField("cwd", thread.cwd() == null ? "" : thread.cwd());
            out.writeStringField("originator", thread.originator() == null ? DEFAULT_ORIGINATOR : thread.originator());
            out.writeStringField("cli_version", thread.cliVersion() == null ? "" : thread.cliVersion());
            out.writeFieldName("source");
            SourceJson.write(out, thread.source());
            writeIfPresent(out, "agent_nickname", thread.source().nickname());
            writeIfPresent(out, "agent_role", thread.source().role());
            writeIfPresent(out, "agent_path", thread.source().path());
            var provider = thread.modelProvider();
            if (provider == null && !thread.lazy()) {
                provider = defaults.modelProvider();
            }
            writeIfPresent(out, "model_provider", provider);
            if (thread.baseInstructions() != null) {
                out.writeFieldName("base_instructions");
                out.writeRawValue(thread.baseInstructions().toString());
            }
            if (!thread.dynamicTools().isEmpty()) {
                out.writeArrayFieldStart("dynamic_tools");
                for (var tool : thread.dynamicTools()) {
                    out.writeRawValue(tool.toString());
                }
                out.writeEndArray();
            }
            if (thread.memoryMode() == MemoryMode.DISABLED) {
                out.writeStringField("memory_mode", thread.memoryMode().word());
            }
            out.writeEndObject();
            out.writeEndObject();
        }));
    }

    /** A copy with another memory mode and without git, as Codex appends it for a change of the memory mode. */
    public RolloutItem withMemoryMode(RolloutItem sessionMeta, MemoryMode mode) {
        return copy(sessionMeta, PATCHED, "\"memory_mode\":\"" + mode.word() + "\"");
    }

    /**
     * A copy with the current memory mode and other git info, as Codex appends it for a change of the git info.
     *
     * @param git null writes {@code {}}: none
     */
    public RolloutItem withGit(RolloutItem sessionMeta, MemoryMode mode, @Nullable GitInfo git) {
        var gitText = json.write(out -> {
            out.writeStartObject();
            if (git != null) {
                writeIfPresent(out, "commit_hash", git.sha());
                writeIfPresent(out, "branch", git.branch());
                writeIfPresent(out, "repository_url", git.originUrl());
            }
            out.writeEndObject();
        });
        return copy(sessionMeta, PATCHED, "\"memory_mode\":\"" + mode.word() + "\",\"git\":" + gitText);
    }

    /**
     * A lazy thread's first item with what was learnt while it waited: Codex tells what kind of user began it, and old versions also the
     * directory and the provider, only in the first event that they append.
     */
    RolloutItem completed(RolloutItem waiting, ThreadSummary summary) {
        var known = Members.of(json, waiting.payload(), LEARNT);
        var missing = new LinkedHashMap<String, String>();
        if (summary.cwd() != null && "".equals(known.text(CWD))) {
            missing.put(CWD, summary.cwd());
        }
        if (!known.has(MODEL_PROVIDER)) {
            if (summary.modelProvider() == null) {
                // the item is going to say it, so the summary does, too
                summary.providedBy(defaults.modelProvider());
            }
            missing.put(MODEL_PROVIDER, summary.modelProvider());
        }
        if (summary.threadSource() != null && !known.has(THREAD_SOURCE)) {
            missing.put(THREAD_SOURCE, summary.threadSource());
        }
        if (missing.isEmpty()) {
            return waiting;
        }
        var members = json.write(out -> {
                    out.writeStartObject();
                    for (var member : missing.entrySet()) {
                        out.writeStringField(member.getKey(), member.getValue());
                    }
                    out.writeEndObject();
                })
                .toString();
        return copy(waiting, missing.keySet(), members.substring(1, members.length() - 1));
    }

    /** The id that the item claims to be of; empty text if it claims none. */
    public String idOf(RolloutItem sessionMeta) {
        var id = Members.of(json, sessionMeta.payload(), Set.of("id")).text("id");
        return id == null ? "" : id;
    }

    /** Copies the payload's members as they are written, but for the replaced ones, and puts the new ones behind them. */
    private RolloutItem copy(RolloutItem sessionMeta, Set<String> replaced, String newMembers) {
        var payload = sessionMeta.payload();
        var out = new ByteArrayOutputStream(payload.length() + newMembers.length() + 64);
        out.writeBytes("{\"type\":\"session_meta\",\"payload\":{".getBytes(StandardCharsets.UTF_8));
        try (var parser = json.storedTextParser(payload)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                var from = (int) parser.currentTokenLocation().getByteOffset();
                var isCopied = !replaced.contains(parser.currentName());
                parser.nextToken();
                parser.skipChildren();
                parser.finishToken();
                if (isCopied) {
                    payload.slice(from, (int) parser.currentLocation().getByteOffset())
                            .writeTo(out);
                    out.write(',');
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("a stored session_meta is not readable", e);
        }
        out.writeBytes(newMembers.getBytes(StandardCharsets.UTF_8));
        out.writeBytes("}}".getBytes(StandardCharsets.UTF_8));
        return items.reread(JsonText.of(out.toByteArray()));
    }

    private static void writeIfPresent(JsonGenerator out, String name, @Nullable Object value) throws IOException {
        if (value != null) {
            out.writeStringField(name, value.toString());
        }
    }

    /** How Codex writes a source inside {@code session_meta} (Codex notes, 2.4). */
    static final class SourceJson {

        private SourceJson() {}

        static void write(JsonGenerator out, SessionSource source) throws IOException {
            switch (source.kind()) {
                case CLI, VSCODE, EXEC, UNKNOWN -> out.writeString(source.kind().word());
                case APP_SERVER -> out.writeString("mcp");
                case CUSTOM -> writeObject(out, "custom", source.custom());
                case SUB_AGENT_REVIEW -> writeObject(out, "subagent", "review");
                case SUB_AGENT_COMPACT -> writeObject(out, "subagent", "compact");
                case SUB_AGENT_MEMORY_CONSOLIDATION -> writeObject(out, "subagent", "memory_consolidation");
                case SUB_AGENT_OTHER -> {
                    out.writeStartObject();
                    out.writeFieldName("subagent");
                    writeObject(out, "other", source.other());
                    out.writeEndObject();
                }
                case SUB_AGENT_THREAD_SPAWN -> writeSpawn(out, source);
            }
        }

        private static void writeObject(JsonGenerator out, String name, @Nullable String value) throws IOException {
            out.writeStartObject();
            out.writeStringField(name, value);
            out.writeEndObject();
        }

        private static void writeSpawn(JsonGenerator out, SessionSource source) throws IOException {
            out.writeStartObject();
            out.writeObjectFieldStart("subagent");
            out.writeObjectFieldStart("thread_spawn");
            writeIfPresent(out, "parent_thread_id", source.parentThreadId());
            out.writeNumberField("depth", source.depth() == null ? 0 : source.depth());
            out.writeStringField("agent_path", source.path());
            out.writeStringField("agent_nickname", source.nickname());
            out.writeStringField("agent_role", source.role());
            out.writeEndObject();
            out.writeEndObject();
            out.writeEndObject();
        }
    }
}
