package io.threadstore.rest;

import com.fasterxml.jackson.core.JsonToken;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.FieldError;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.Json;
import io.threadstore.platform.JsonText;
import io.threadstore.rollout.ItemReader;
import io.threadstore.thread.TextLimits;
import io.threadstore.thread.ThreadId;
import io.threadstore.thread.ThreadMetadataPatch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A JSON object that a caller sent, read member by member: each value is asked for by its name and its type, and what was not
 * asked for in the end is refused. Values keep their text, so that free-form ones are passed on byte for byte, and absent,
 * null and value stay three different things.
 */
final class JsonBody {

    private final Json json;
    private final String path;
    private final Map<String, JsonText> members;
    private final List<String> asked = new ArrayList<>();

    private JsonBody(Json json, String path, Map<String, JsonText> members) {
        this.json = json;
        this.path = path;
        this.members = members;
    }

    /**
     * Reads a body.
     *
     * @throws ThreadStoreException INVALID_REQUEST if it is not one JSON object
     */
    static JsonBody parse(Json json, byte[] body) {
        var text = JsonText.of(body);
        ItemReader.requireUtf8(text);
        if (text.length() == 0) {
            throw ThreadStoreException.of(ErrorKind.INVALID_REQUEST, "the body is empty; a JSON object is expected");
        }
        return new JsonBody(json, "", readMembers(json, "", text));
    }

    private static Map<String, JsonText> readMembers(Json json, String path, JsonText text) {
        var members = new LinkedHashMap<String, JsonText>();
        try (var parser = json.parser(text)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw path.isEmpty()
                        ? ThreadStoreException.of(ErrorKind.INVALID_REQUEST, "the body is not a JSON object")
                        : ThreadStoreException.invalid(path, "is not a JSON object");
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                var name = parser.currentName();
                parser.nextToken();
                var from = (int) parser.currentTokenLocation().getByteOffset();
                parser.skipChildren();
                parser.finishToken();
                var value = text.slice(from, (int) parser.currentLocation().getByteOffset());
                if (members.put(name, value) != null) {
                    throw ThreadStoreException.invalid(join(path, name), "comes twice");
                }
            }
            if (parser.nextToken() != null) {
                throw ThreadStoreException.of(
                        ErrorKind.INVALID_REQUEST, "the body has something after its JSON object");
            }
            return members;
        } catch (IOException e) {
            throw broken(e);
        }
    }

    /** What is said of a body that is not JSON. */
    static ThreadStoreException broken(IOException e) {
        return ThreadStoreException.of(
                ErrorKind.INVALID_REQUEST, "the body " + ItemReader.translate(e).getMessage(), e);
    }

    /** @throws ThreadStoreException INVALID_REQUEST naming every member that was not asked for */
    void refuseOthers() {
        var unknown = members.keySet().stream()
                .filter(name -> !asked.contains(name))
                .map(name -> new FieldError(join(path, name), "is not a member of this request"))
                .toList();
        if (!unknown.isEmpty()) {
            throw ThreadStoreException.invalid(unknown);
        }
    }

    /** Whether the member is there, null included. */
    boolean has(String name) {
        asked.add(name);
        return members.containsKey(name);
    }

    /** Whether the member is there and null. */
    boolean isNull(String name) {
        asked.add(name);
        var value = members.get(name);
        return value != null && value.toString().equals("null");
    }

    /** The member's text; null where it is absent or null. */
    @Nullable
    JsonText raw(String name) {
        asked.add(name);
        var value = members.get(name);
        return value == null || isNull(name) ? null : value;
    }

    /**
     * The member's text, all of whose strings are storable ones; null where it is absent or null.
     *
     * @throws ThreadStoreException INVALID_REQUEST if a string in it holds U+0000 or half of a surrogate pair
     */
    @Nullable
    JsonText storable(String name) {
        var value = raw(name);
        if (value == null) {
            return null;
        }
        try (var parser = json.parser(value)) {
            for (var token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if ((token == JsonToken.FIELD_NAME || token == JsonToken.VALUE_STRING)
                        && !TextLimits.isStorable(parser.getText())) {
                    throw invalid(name, "holds U+0000 or half of a surrogate pair");
                }
            }
            return value;
        } catch (IOException e) {
            throw ItemReader.translate(e);
        }
    }

    /** A string; null where it is absent or null. */
    @Nullable
    String string(String name) {
        var value = raw(name);
        if (value == null) {
            return null;
        }
        try (var parser = json.parser(value)) {
            if (parser.nextToken() != JsonToken.VALUE_STRING) {
                throw invalid(name, "is not a string");
            }
            return parser.getText();
        } catch (IOException e) {
            throw ItemReader.translate(e);
        }
    }

    /** A string that a column takes: storable and at most so many characters; null where it is absent or null. */
    @Nullable
    String text(String name, int maxLength) {
        var value = string(name);
        if (value == null) {
            return null;
        }
        if (value.codePointCount(0, value.length()) > maxLength) {
            throw invalid(name, "is longer than " + maxLength + " characters");
        }
        if (!TextLimits.isStorable(value)) {
            throw invalid(name, "holds U+0000 or half of a surrogate pair");
        }
        return value;
    }

    /** A name, trimmed; null where it is absent or null. */
    @Nullable
    String name(String name, int maxLength) {
        var value = string(name);
        return value == null ? null : ThreadMetadataPatch.checkedName(join(path, name), value, maxLength);
    }

    @Nullable
    UUID uuid(String name) {
        var value = string(name);
        return value == null ? null : ThreadId.parse(join(path, name), value).value();
    }

    /** A boolean; false where it is absent or null. */
    boolean flag(String name) {
        var value = raw(name);
        if (value == null) {
            return false;
        }
        return switch (value.toString()) {
            case "true" -> true;
            case "false" -> false;
            default -> throw invalid(name, "is neither true nor false");
        };
    }

    /** A whole number that is not negative; null where it is absent or null. */
    @Nullable
    Long count(String name) {
        var value = raw(name);
        return value == null ? null : Parameters.count(join(path, name), value.toString());
    }

    /** A word of an enum; null where it is absent or null. */
    <E> @Nullable E word(String name, Function<String, Optional<E>> ofWord, E[] all) {
        var value = string(name);
        return value == null ? null : Parameters.oneOf(join(path, name), value, ofWord, all);
    }

    /** An object; null where it is absent or null. */
    @Nullable
    JsonBody object(String name) {
        var value = raw(name);
        return value == null ? null : new JsonBody(json, join(path, name), readMembers(json, join(path, name), value));
    }

    /** The texts of an array of objects; empty where it is absent or null. */
    List<JsonText> objects(String name) {
        var value = storable(name);
        var texts = new ArrayList<JsonText>();
        if (value == null) {
            return texts;
        }
        try (var parser = json.parser(value)) {
            if (parser.nextToken() != JsonToken.START_ARRAY) {
                throw invalid(name, "is not an array");
            }
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                if (parser.currentToken() != JsonToken.START_OBJECT) {
                    throw invalid(name + "[" + texts.size() + "]", "is not a JSON object");
                }
                var from = (int) parser.currentTokenLocation().getByteOffset();
                parser.skipChildren();
                texts.add(value.slice(from, (int) parser.currentLocation().getByteOffset()));
            }
            return texts;
        } catch (IOException e) {
            throw ItemReader.translate(e);
        }
    }

    ThreadStoreException invalid(String name, String message) {
        return ThreadStoreException.invalid(join(path, name), message);
    }

    private static String join(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }
}
