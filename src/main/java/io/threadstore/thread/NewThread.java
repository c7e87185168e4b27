package io.threadstore.thread;

import io.threadstore.platform.JsonText;
import io.threadstore.platform.QueueKey;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a caller says of a thread it creates.
 *
 * @param threadId its id
 * @param sessionId the session it belongs to; opaque
 * @param forkedFromId the thread it is a fork of; opaque, never looked up
 * @param parentThreadId the thread that spawned it; opaque, never looked up
 * @param source what starts it
 * @param baseInstructions the agent's base instructions, as the JSON object {@code {"text": ...}}; kept as it is
 * @param dynamicTools the tools that the client offers, each a JSON object; kept as they are
 * @param persistenceMode which items its first writer keeps
 * @param cwd the directory it works in
 * @param modelProvider the provider of its models
 * @param memoryMode whether memories may be formed from it
 * @param originator the program that creates it
 * @param cliVersion that program's version
 * @param name its name
 * @param lazy whether it stays invisible until it is persisted
 */
public record NewThread(
        ThreadId threadId,
        @Nullable UUID sessionId,
        @Nullable UUID forkedFromId,
        @Nullable UUID parentThreadId,
        SessionSource source,
        @Nullable JsonText baseInstructions,
        List<JsonText> dynamicTools,
        PersistenceMode persistenceMode,
        @Nullable String cwd,
        @Nullable String modelProvider,
        MemoryMode memoryMode,
        @Nullable String originator,
        @Nullable String cliVersion,
        @Nullable String name,
        boolean lazy)
        implements QueueKey {

    public NewThread {
        dynamicTools = List.copyOf(dynamicTools);
    }

    @Override
    public String queueKey() {
        return threadId.queueKey();
    }
}
