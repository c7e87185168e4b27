package io.threadstore.codex;

import io.threadstore.codex.proto.SessionSource;
import io.threadstore.codex.proto.SessionSourceKind;
import io.threadstore.thread.SourceKind;
import io.threadstore.thread.ThreadId;

/** Sources of threads, there and back (Codex notes, 2.4). */
final class Sources {

    private Sources() {}

    static io.threadstore.thread.SessionSource read(SessionSource source) {
        var kind = kind(source.getKind());
        return switch (kind) {
            case CUSTOM -> io.threadstore.thread.SessionSource.custom(source.getCustom());
            case SUB_AGENT_OTHER -> io.threadstore.thread.SessionSource.subAgentOther(source.getSubAgentOther());
            case SUB_AGENT_THREAD_SPAWN -> readSpawn(source);
            default -> io.threadstore.thread.SessionSource.of(kind);
        };
    }

    private static io.threadstore.thread.SessionSource readSpawn(SessionSource source) {
        var parent = ThreadId.tryParse(source.getSubAgentParentThreadId())
                .orElseThrow(() -> Refusals.invalid("source.sub_agent_parent_thread_id is not a UUID"));
        return io.threadstore.thread.SessionSource.threadSpawn(
                parent.value(),
                Math.max(0, source.getSubAgentDepth()),
                source.hasSubAgentNickname() ? source.getSubAgentNickname() : null,
                source.hasSubAgentRole() ? source.getSubAgentRole() : null,
                source.hasSubAgentPath() ? source.getSubAgentPath() : null);
    }

    static SessionSource write(io.threadstore.thread.SessionSource source) {
        var written = SessionSource.newBuilder().setKind(kind(source.kind()));
        if (source.custom() != null) {
            written.setCustom(source.custom());
        }
        if (source.other() != null) {
            written.setSubAgentOther(source.other());
        }
        if (source.parentThreadId() != null) {
            written.setSubAgentParentThreadId(source.parentThreadId().toString());
            written.setSubAgentDepth(source.depth() == null ? 0 : source.depth());
        }
        if (source.nickname() != null) {
            written.setSubAgentNickname(source.nickname());
        }
        if (source.role() != null) {
            written.setSubAgentRole(source.role());
        }
        if (source.path() != null && ItemShapes.isAgentPath(source.path())) {
            written.setSubAgentPath(source.path());
        }
        return written.build();
    }

    private static SourceKind kind(SessionSourceKind kind) {
        return switch (kind) {
            case SESSION_SOURCE_KIND_CLI -> SourceKind.CLI;
            case SESSION_SOURCE_KIND_VSCODE -> SourceKind.VSCODE;
            case SESSION_SOURCE_KIND_EXEC -> SourceKind.EXEC;
            case SESSION_SOURCE_KIND_APP_SERVER -> SourceKind.APP_SERVER;
            case SESSION_SOURCE_KIND_CUSTOM -> SourceKind.CUSTOM;
            case SESSION_SOURCE_KIND_SUB_AGENT_REVIEW -> SourceKind.SUB_AGENT_REVIEW;
            case SESSION_SOURCE_KIND_SUB_AGENT_COMPACT -> SourceKind.SUB_AGENT_COMPACT;
            case SESSION_SOURCE_KIND_SUB_AGENT_THREAD_SPAWN -> SourceKind.SUB_AGENT_THREAD_SPAWN;
            case SESSION_SOURCE_KIND_SUB_AGENT_MEMORY_CONSOLIDATION -> SourceKind.SUB_AGENT_MEMORY_CONSOLIDATION;
            case SESSION_SOURCE_KIND_SUB_AGENT_OTHER -> SourceKind.SUB_AGENT_OTHER;
            case SESSION_SOURCE_KIND_UNKNOWN, UNRECOGNIZED -> SourceKind.UNKNOWN;
        };
    }

    private static SessionSourceKind kind(SourceKind kind) {
        return switch (kind) {
            case CLI -> SessionSourceKind.SESSION_SOURCE_KIND_CLI;
            case VSCODE -> SessionSourceKind.SESSION_SOURCE_KIND_VSCODE;
            case EXEC -> SessionSourceKind.SESSION_SOURCE_KIND_EXEC;
            case APP_SERVER -> SessionSourceKind.SESSION_SOURCE_KIND_APP_SERVER;
            case CUSTOM -> SessionSourceKind.SESSION_SOURCE_KIND_CUSTOM;
            case SUB_AGENT_REVIEW -> SessionSourceKind.SESSION_SOURCE_KIND_SUB_AGENT_REVIEW;
            case SUB_AGENT_COMPACT -> SessionSourceKind.SESSION_SOURCE_KIND_SUB_AGENT_COMPACT;
            case SUB_AGENT_THREAD_SPAWN -> SessionSourceKind.SESSION_SOURCE_KIND_SUB_AGENT_THREAD_SPAWN;
            case SUB_AGENT_MEMORY_CONSOLIDATION -> SessionSourceKind.SESSION_SOURCE_KIND_SUB_AGENT_MEMORY_CONSOLIDATION;
            case SUB_AGENT_OTHER -> SessionSourceKind.SESSION_SOURCE_KIND_SUB_AGENT_OTHER;
            case UNKNOWN -> SessionSourceKind.SESSION_SOURCE_KIND_UNKNOWN;
        };
    }
}
