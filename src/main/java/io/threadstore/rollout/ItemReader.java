package io.threadstore.rollout;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.Json;
import io.threadstore.platform.JsonText;
import io.threadstore.platform.Timestamps;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads rollout items from JSON without building trees: one pass checks that the text is an object with a string
 * {@code type} and an object {@code payload}, and finds the words that rules ask for. Of members that come twice the last
 * one counts.
 */
@ApplicationScoped
public class ItemReader {

    private static final Instant FIRST_TIME = Instant.parse("0000-01-01T00:00:00Z");
    private static final Instant LAST_TIME = Instant.parse("9999-12-31T23:59:59.999Z");

    private final Json json;
    private final ItemLimit limit;

    ItemReader(Json json, ItemLimit limit) {
        this.json = json;
        this.limit = limit;
    }

    /**
     * Reads one item that is the whole text, white space around it allowed.
     *
     * @throws ThreadStoreException INVALID_REQUEST if it is not an item, REQUEST_TOO_LARGE if it is longer than the limit
     */
    public RolloutItem read(JsonText text) {
        limit.check(text.length());
        requireUtf8(text);
        try (var parser = json.parser(text)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw invalid("is not a JSON object");
            }
            var item = readObject(parser, text, 0, text.length(), json.maxDepth());
            if (parser.nextToken() != null) {
                throw invalid("has something after its JSON object");
            }
            return item;
        } catch (IOException e) {
            throw translate(e);
        }
    }

    /**
     * Reads one item at which the parser stands, and leaves it at the item's last brace.
     *
     * @param source what the parser reads; its UTF-8 is checked already
     */
    public RolloutItem readAt(JsonParser parser, JsonText source) throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw invalid("is not a JSON object");
        }
        var start = tokenStart(parser);
        var item = readObject(parser, source, start, -1, json.maxDepth());
        limit.check(item.text().length());
        return item;
    }

    /** Reads again what is stored and therefore an item. */
    RolloutItem reread(JsonText text) {
        try (var parser = json.storedTextParser(text)) {
            parser.nextToken();
            return readObject(parser, text, 0, text.length(), Integer.MAX_VALUE);
        } catch (IOException e) {
            throw new UncheckedIOException("a stored item is not readable", e);
        }
    }

    /**
     * @param start where the item's text begins in the source
     * @param end where it ends, or -1: right after its last brace
     */
    private RolloutItem readObject(JsonParser parser, JsonText source, int start, int end, int maxDepth)
            throws IOException {
        var bodyStart = tokenStart(parser) + 1;
        String type = null;
        JsonText typeText = null;
        JsonText payload = null;
        PayloadWords words = PayloadWords.NONE;
        Instant timestamp = null;
        var hasTimestamp = false;
        // counted from the item and not from whatever it is in
        var deepest = maxDepth + (long) parser.getParsingContext().getNestingDepth() - 1;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            var name = parser.currentName();
            var value = parser.nextToken();
            switch (name) {
                case "type" -> {
                    if (value != JsonToken.VALUE_STRING) {
                        throw invalid("has a \"type\" that is not a string");
                    }
                    var from = tokenStart(parser);
                    type = parser.getText();
                    typeText = source.slice(from, tokenEnd(parser));
                }
                case "payload" -> {
                    if (value != JsonToken.START_OBJECT) {
                        throw invalid("has a \"payload\" that is not an object");
                    }
                    var from = tokenStart(parser);
                    words = readPayload(parser, deepest);
                    payload = source.slice(from, tokenEnd(parser));
                }
                case "timestamp" -> {
                    hasTimestamp = true;
                    timestamp = value == JsonToken.VALUE_STRING ? parseTime(parser.getText()) : null;
                    skip(parser, deepest);
                }
                default -> skip(parser, deepest);
            }
        }
        if (type == null || typeText == null) {
            throw invalid("has no \"type\"");
        }
        if (payload == null) {
            throw invalid("has no \"payload\"");
        }
        var last = end < 0 ? tokenEnd(parser) : end;
        return new RolloutItem(
                source.slice(start, last),
                type,
                payload,
                typeText,
                words.type(),
                words.itemType(),
                timestamp,
                hasTimestamp,
                bodyStart - start);
    }

    private PayloadWords readPayload(JsonParser parser, long deepest) throws IOException {
        String type = null;
        String itemType = null;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            var name = parser.currentName();
            var value = parser.nextToken();
            if (name.equals("type")) {
                type = value == JsonToken.VALUE_STRING ? parser.getText() : null;
                skip(parser, deepest);
            } else if (name.equals("item") && value == JsonToken.START_OBJECT) {
                itemType = readType(parser, deepest);
            } else {
                skip(parser, deepest);
            }
        }
        return new PayloadWords(type, itemType);
    }

    private @Nullable String readType(JsonParser parser, long deepest) throws IOException {
        String type = null;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            var isType = parser.currentName().equals("type");
            var value = parser.nextToken();
            if (isType) {
                type = value == JsonToken.VALUE_STRING ? parser.getText() : null;
            }
            skip(parser, deepest);
        }
        return type;
    }

    /** Passes over a value. */
    private void skip(JsonParser parser, long deepest) throws IOException {
        if (!parser.currentToken().isStructStart()) {
            if (parser.currentToken().isNumeric()) {
                parser.getTextLength();
            }
            return;
        }
        for (var open = 1; open > 0; ) {
            var token = parser.nextToken();
            if (token.isStructStart()) {
                open++;
                if (parser.getParsingContext().getNestingDepth() > deepest) {
                    throw invalid("nests deeper than " + json.maxDepth() + " levels");
                }
            } else if (token.isStructEnd()) {
                open--;
            }
        }
    }

    private static int tokenStart(JsonParser parser) {
        return (int) parser.currentTokenLocation().getByteOffset();
    }

    private static int tokenEnd(JsonParser parser) throws IOException {
        if (parser.currentToken() == JsonToken.VALUE_STRING) {
            parser.finishToken();
        }
        return (int) parser.currentLocation().getByteOffset();
    }

    /** RFC 3339, in milliseconds; null if it is none, or not of the years 0 to 9999. */
    static @Nullable Instant parseTime(String text) {
        var usual = Timestamps.parse(text);
        if (usual != null) {
            return usual;
        }
        try {
            var time = OffsetDateTime.parse(text).toInstant().truncatedTo(ChronoUnit.MILLIS);
            return time.isBefore(FIRST_TIME) || time.isAfter(LAST_TIME) ? null : time;
        } catch (DateTimeException e) {
            return null;
        }
    }

    /** @throws ThreadStoreException INVALID_REQUEST if the text is not UTF-8 */
    public static void requireUtf8(JsonText text) {
        var at = Json.invalidUtf8At(text);
        if (at >= 0) {
            throw invalid("is not UTF-8 at byte " + at);
        }
    }

    /** What Jackson says about a broken text, without its class names. */
    public static ThreadStoreException translate(IOException e) {
        if (e instanceof StreamConstraintsException) {
            return ThreadStoreException.of(
                    ErrorKind.INVALID_REQUEST, "nests deeper or has longer numbers than this service reads", e);
        }
        if (e instanceof JacksonException broken) {
            var where = broken.getLocation() == null ? 0 : broken.getLocation().getByteOffset();
            return ThreadStoreException.of(ErrorKind.INVALID_REQUEST, "is not JSON, at byte " + where, e);
        }
        throw new UncheckedIOException(e);
    }

    private static ThreadStoreException invalid(String message) {
        return ThreadStoreException.of(ErrorKind.INVALID_REQUEST, message);
    }

    private record PayloadWords(
            @Nullable String type, @Nullable String itemType) {
        static final PayloadWords NONE = new PayloadWords(null, null);
    }
}
