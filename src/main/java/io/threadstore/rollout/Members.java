package io.threadstore.rollout;

import com.fasterxml.jackson.core.JsonToken;
import io.threadstore.platform.Json;
import io.threadstore.platform.JsonText;
import io.threadstore.thread.ThreadId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Some members of a JSON object that is stored and therefore well-formed, each as the text it has there: what is only passed on keeps
 * its form, and a value that is not of the type asked for counts as absent, so that no item can make a summary fail.
 */
final class Members {

    private final Json json;
    private final Map<String, JsonText> texts;

    private Members(Json json, Map<String, JsonText> texts) {
        this.json = json;
        this.texts = texts;
    }

    /** The named members of an object; the last of two counts. */
    static Members of(Json json, JsonText object, Set<String> names) {
        var texts = new HashMap<String, JsonText>();
        try (var parser = json.storedTextParser(object)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                var name = parser.currentName();
                parser.nextToken();
                var from = (int) parser.currentTokenLocation().getByteOffset();
                parser.skipChildren();
                parser.finishToken();
                if (names.contains(name)) {
                    texts.put(name, object.slice(from, (int)
                            parser.currentLocation().getByteOffset()));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("a stored item is not readable", e);
        }
        return new Members(json, texts);
    }

    boolean has(String name) {
        return texts.containsKey(name);
    }

    /** A string's value; null where it is no string. */
    @Nullable
    String text(String name) {
        if (!beginsWith(name, '"')) {
            return null;
        }
        try (var parser = json.storedTextParser(texts.get(name))) {
            parser.nextToken();
            return parser.getText();
        } catch (IOException e) {
            throw new UncheckedIOException("a stored item is not readable", e);
        }
    }

    /** A UUID; null where it is none. */
    @Nullable
    UUID uuid(String name) {
        var text = text(name);
        return text == null
                ? null
                : ThreadId.tryParse(text).map(ThreadId::value).orElse(null);
    }

    /** A whole number; 0 where it is none that fits. */
    int number(String name) {
        var value = texts.get(name);
        try {
            return value == null ? 0 : Integer.parseInt(value.toString());
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /** Some members of an object; null where it is none. */
    @Nullable
    Members object(String name, Set<String> names) {
        return beginsWith(name, '{') ? of(json, texts.get(name), names) : null;
    }

    /** An object's text; null where it is none. */
    @Nullable
    String objectText(String name) {
        return beginsWith(name, '{') ? texts.get(name).toString() : null;
    }

    /** Whether it is an array that holds something. */
    boolean isFilledArray(String name) {
        return beginsWith(name, '[')
                && texts.get(name)
                                .slice(1, texts.get(name).length() - 1)
                                .trimmed()
                                .length()
                        > 0;
    }

    /** The text as it is; null where it is absent or null. */
    @Nullable
    String json(String name) {
        return !has(name) || beginsWith(name, 'n') ? null : texts.get(name).toString();
    }

    private boolean beginsWith(String name, char first) {
        var value = texts.get(name);
        return value != null && value.buffer()[value.offset()] == first;
    }
}
