package io.threadstore.rest;

import io.threadstore.platform.Json;
import io.threadstore.thread.Change;
import io.threadstore.thread.MemoryMode;
import io.threadstore.thread.ThreadMetadataPatch;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Reads the body of updateThreadMetadata, a JSON merge patch (RFC 7396). */
@ApplicationScoped
class PatchBody {

    private final Json json;

    PatchBody(Json json) {
        this.json = json;
    }

    ThreadMetadataPatch read(byte[] bytes) {
        var body = JsonBody.parse(json, bytes);
        var name = change(body, "name", () -> body.string("name"));
        var mode = change(body, "memory_mode", () -> body.word("memory_mode", MemoryMode::ofWord, MemoryMode.values()));
        var git = change(body, "git_info", () -> git(Objects.requireNonNull(body.object("git_info"))));
        body.refuseOthers();
        return new ThreadMetadataPatch(name, mode, git);
    }

    private static ThreadMetadataPatch.Git git(JsonBody git) {
        var change = new ThreadMetadataPatch.Git(
                change(git, "sha", () -> git.string("sha")),
                change(git, "branch", () -> git.string("branch")),
                change(git, "origin_url", () -> git.string("origin_url")));
        git.refuseOthers();
        return change;
    }

    private static <T> Change<T> change(JsonBody body, String name, Supplier<@Nullable T> value) {
        if (!body.has(name)) {
            return Change.keep();
        }
        return body.isNull(name) ? Change.clear() : Change.set(Objects.requireNonNull(value.get()));
    }
}
