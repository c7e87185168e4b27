package io.threadstore.rest;

import io.threadstore.platform.Json;
import io.threadstore.platform.JsonText;
import io.threadstore.thread.MemoryMode;
import io.threadstore.thread.NewThread;
import io.threadstore.thread.PersistenceMode;
import io.threadstore.thread.SessionSource;
import io.threadstore.thread.SourceKind;
import io.threadstore.thread.TextLimits;
import io.threadstore.thread.ThreadId;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Reads the body of createThread. */
@ApplicationScoped
class CreateThreadBody {

    private final Json json;
    private final Clock clock;

    CreateThreadBody(Json json, Clock clock) {
        this.json = json;
        this.clock = clock;
    }

    NewThread read(byte[] bytes) {
        var body = JsonBody.parse(json, bytes);
        var threadId = body.uuid("thread_id");
        var newThread = new NewThread(
                threadId == null ? ThreadId.random(clock.instant()) : new ThreadId(threadId),
                body.uuid("session_id"),
                body.uuid("forked_from_id"),
                body.uuid("parent_thread_id"),
                source(body),
                baseInstructions(body),
                body.objects("dynamic_tools"),
                Objects.requireNonNullElse(
                        body.word("persistence_mode", PersistenceMode::ofWord, PersistenceMode.values()),
                        PersistenceMode.LIMITED),
                body.text("cwd", TextLimits.CWD),
                emptyAsNull(body.text("model_provider", TextLimits.LABEL)),
                Objects.requireNonNullElse(
                        body.word("memory_mode", MemoryMode::ofWord, MemoryMode.values()), MemoryMode.ENABLED),
                emptyAsNull(body.text("originator", TextLimits.LABEL)),
                body.text("cli_version", TextLimits.LABEL),
                body.name("name", TextLimits.NAME),
                body.flag("lazy"));
        body.refuseOthers();
        return newThread;
    }

    private @Nullable JsonText baseInstructions(JsonBody body) {
        var text = body.storable("base_instructions");
        if (text == null) {
            return null;
        }
        if (text.toString().startsWith("\"")) { // the text alone is short for it
            return json.write(out -> {
                out.writeStartObject();
                out.writeFieldName("text");
                out.writeRawValue(text.toString());
                out.writeEndObject();
            });
        }
        var object = Objects.requireNonNull(body.object("base_instructions"));
        if (object.string("text") == null) {
            throw object.invalid("text", "is missing");
        }
        return text;
    }

    private static SessionSource source(JsonBody body) {
        var source = body.object("source");
        if (source == null) {
            throw body.invalid("source", "is missing");
        }
        var kind = source.word("kind", SourceKind::ofWord, SourceKind.values());
        if (kind == null) {
            throw source.invalid("kind", "is missing");
        }
        var read = switch (kind) {
            case CUSTOM -> SessionSource.custom(required(source, "custom"));
            case SUB_AGENT_OTHER -> SessionSource.subAgentOther(required(source, "other"));
            case SUB_AGENT_THREAD_SPAWN -> spawn(source);
            default -> SessionSource.of(kind);
        };
        source.refuseOthers();
        return read;
    }

    private static SessionSource spawn(JsonBody source) {
        var parent = source.uuid("parent_thread_id");
        if (parent == null) {
            throw source.invalid("parent_thread_id", "is missing");
        }
        var depth = source.count("depth");
        if (depth != null && depth > Integer.MAX_VALUE) {
            throw source.invalid("depth", "is larger than " + Integer.MAX_VALUE);
        }
        return SessionSource.threadSpawn(
                parent,
                depth == null ? 1 : depth.intValue(),
                source.text("nickname", TextLimits.LABEL),
                source.text("role", TextLimits.LABEL),
                source.text("path", TextLimits.LABEL));
    }

    private static String required(JsonBody source, String name) {
        var value = source.name(name, TextLimits.LABEL);
        if (value == null) {
            throw source.invalid(name, "is missing");
        }
        return value;
    }

    private static @Nullable String emptyAsNull(@Nullable String text) {
        return text == null || text.isEmpty() ? null : text;
    }
}
