package io.threadstore.rest;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.config.MeterFilter;
import io.quarkus.micrometer.runtime.HttpServerMetricsTagsContributor;
import jakarta.inject.Singleton;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps methods that nobody knows out of the label {@code method} of the requests' metrics: a method is any word that a caller sends. Of most
 * requests the contributor says it, before the registry makes an entry of its own for the word; of those that were cut off only the filter can.
 */
@Singleton
class RequestMethodLabel implements HttpServerMetricsTagsContributor, MeterFilter {

    private static final String METHOD = "method";
    private static final String OTHER = "OTHER";
    private static final Set<String> KNOWN = Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

    @Override
    public Tags contribute(Context context) {
        return Tags.of(label(context.request().method().name()));
    }

    @Override
    public Meter.Id map(Meter.Id id) {
        return id.getName().startsWith("http.server.") && id.getTag(METHOD) != null
                ? id.replaceTags(Tags.of(id.getTagsAsIterable()).and(label(id.getTag(METHOD))))
                : id;
    }

    private static Tag label(@Nullable String method) {
        return Tag.of(METHOD, method != null && KNOWN.contains(method) ? method : OTHER);
    }
}
