package io.threadstore.rest;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import io.quarkus.jackson.ObjectMapperCustomizer;
import io.threadstore.platform.Timestamps;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Instant;

/** How REST writes its records: snake_case, absent where null, times with three decimals. */
@Singleton
class JsonSettings implements ObjectMapperCustomizer {

    /** After Quarkus' own, whose module for times would win otherwise. */
    @Override
    public int priority() {
        return MINIMUM_PRIORITY;
    }

    @Override
    public void customize(ObjectMapper mapper) {
        mapper.setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);
        mapper.setDefaultPropertyInclusion(JsonInclude.Include.NON_NULL);
        mapper.registerModule(new SimpleModule("times").addSerializer(Instant.class, new TimeSerializer()));
    }

    private static final class TimeSerializer extends JsonSerializer<Instant> {

        @Override
        public void serialize(Instant time, JsonGenerator out, SerializerProvider provider) throws IOException {
            out.writeString(Timestamps.format(time));
        }
    }
}
