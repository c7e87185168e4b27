package io.threadstore.rest;

import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.annotation.JsonValue;
import io.quarkus.runtime.annotations.RegisterForReflection;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** JSON that the store passes on and does not look into: a value of any form. */
@Schema(name = "JsonValue", description = "Any JSON value, passed on as it was last seen.")
@RegisterForReflection
record FreeJson(@JsonValue @JsonRawValue String json) {

    static @Nullable FreeJson of(@Nullable String json) {
        return json == null ? null : new FreeJson(json);
    }
}
