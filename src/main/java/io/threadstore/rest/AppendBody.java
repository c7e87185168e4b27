package io.threadstore.rest;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.Json;
import io.threadstore.platform.JsonText;
import io.threadstore.platform.Limits;
import io.threadstore.rollout.AppendItems;
import io.threadstore.rollout.ItemLimit;
import io.threadstore.rollout.ItemReader;
import io.threadstore.rollout.RolloutItem;
import io.threadstore.rollout.RolloutLines;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the body of appendItems, JSON or NDJSON. Items stay the texts that they came as. */
@ApplicationScoped
class AppendBody {

    private final Json json;
    private final ItemReader reader;
    private final ItemLimit itemLimit;
    private final RequestBodies bodies;
    private final long maxBytes;
    private final int maxItems;

    AppendBody(Json json, ItemReader reader, ItemLimit itemLimit, RequestBodies bodies, Limits limits) {
        this.json = json;
        this.reader = reader;
        this.itemLimit = itemLimit;
        this.bodies = bodies;
        this.maxBytes = limits.append().asLongValue();
        this.maxItems = limits.appendItems();
    }

    /** Reads {@code {"items": [...], "expected_ordinal": n}}. */
    AppendItems readJson(InputStream body, @Nullable String expectedOrdinal) {
        return readJson(bodies.append(body), expectedOrdinal);
    }

    /** As the other, of a body that is in memory already. */
    AppendItems readJson(byte[] body, @Nullable String expectedOrdinal) {
        RequestBodies.requireWithin(body, maxBytes);
        var text = JsonText.of(body);
        ItemReader.requireUtf8(text);
        List<RolloutItem> items = null;
        Long expected = null;
        try (var parser = json.parser(text)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw ThreadStoreException.of(ErrorKind.INVALID_REQUEST, "the body is not a JSON object");
            }
            var seen = new HashSet<String>();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                var name = parser.currentName();
                var value = parser.nextToken();
                if (!seen.add(name)) {
                    throw ThreadStoreException.invalid(name, "comes twice");
                }
                switch (name) {
                    case "items" -> items = readItems(parser, text);
                    case "expected_ordinal" -> expected = value == JsonToken.VALUE_NULL ? null : readOrdinal(parser);
                    default -> throw ThreadStoreException.invalid(name, "is not a member of this request");
                }
            }
            if (parser.nextToken() != null) {
                throw ThreadStoreException.of(
                        ErrorKind.INVALID_REQUEST, "the body has something after its JSON object");
            }
        } catch (IOException e) {
            throw JsonBody.broken(e);
        }
        if (items == null) {
            throw ThreadStoreException.invalid("items", "is missing");
        }
        return new AppendItems(items, oneOf(expected, Parameters.optionalCount("expected_ordinal", expectedOrdinal)));
    }

    private static @Nullable Long oneOf(@Nullable Long inBody, @Nullable Long inQuery) {
        if (inBody != null && inQuery != null && !inBody.equals(inQuery)) {
            throw ThreadStoreException.invalid("expected_ordinal", "differs between the query and the body");
        }
        return inBody == null ? inQuery : inBody;
    }

    private static long readOrdinal(JsonParser parser) throws IOException {
        if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT) {
            throw ThreadStoreException.invalid("expected_ordinal", "is not a whole number");
        }
        return Parameters.count("expected_ordinal", parser.getText());
    }

    private List<RolloutItem> readItems(JsonParser parser, JsonText body) throws IOException {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw ThreadStoreException.invalid("items", "is not an array");
        }
        var items = new ArrayList<RolloutItem>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            checkCount(items.size());
            try {
                items.add(reader.readAt(parser, body));
            } catch (ThreadStoreException e) {
                if (e.kind() != ErrorKind.INVALID_REQUEST) {
                    throw e;
                }
                throw ThreadStoreException.invalid("items[" + items.size() + "]", String.valueOf(e.getMessage()));
            }
        }
        return items;
    }

    /** Reads an item per line. */
    AppendItems readLines(InputStream body, @Nullable String expectedOrdinal) {
        var expected = Parameters.optionalCount("expected_ordinal", expectedOrdinal);
        var items = new ArrayList<RolloutItem>();
        var lines = new RolloutLines(bodies.counted(body), itemLimit, maxBytes);
        try {
            for (var line = lines.next(); line.isPresent(); line = lines.next()) {
                checkCount(items.size());
                items.add(read(line.get().trimmed(), lines.number()));
            }
        } catch (IOException e) {
            throw RequestBodies.interrupted(e);
        }
        return new AppendItems(items, expected);
    }

    private void checkCount(int before) {
        if (before >= maxItems) {
            throw ThreadStoreException.of(
                    ErrorKind.REQUEST_TOO_LARGE, "the append has more than " + maxItems + " items");
        }
    }

    private RolloutItem read(JsonText line, long number) {
        try {
            return reader.read(line);
        } catch (ThreadStoreException e) {
            throw e.atLine(number);
        }
    }
}
