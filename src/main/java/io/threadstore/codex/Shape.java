package io.threadstore.codex;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A form that a JSON value must have for Codex to parse it. What does not fit is mended as narrowly as can be: an optional member goes, or
 * an element of a list that allows it; what is required and does not fit takes its surroundings along.
 */
@FunctionalInterface
interface Shape {

    /** The value itself if it fits, a mended copy, or null if it can't be mended. */
    @Nullable
    JsonNode fit(JsonNode value);

    Shape ANY = value -> value;
    Shape TEXT = when(JsonNode::isTextual);
    Shape BOOL = when(JsonNode::isBoolean);
    Shape NUMBER = when(JsonNode::isNumber);
    Shape I64 = integer(BigInteger.ONE.shiftLeft(63).negate(), BigInteger.ONE.shiftLeft(63));
    Shape I32 = integer(BigInteger.ONE.shiftLeft(31).negate(), BigInteger.ONE.shiftLeft(31));
    Shape U64 = integer(BigInteger.ZERO, BigInteger.ONE.shiftLeft(64));
    Shape U32 = integer(BigInteger.ZERO, BigInteger.ONE.shiftLeft(32));
    Shape POSITIVE_U64 = integer(BigInteger.ONE, BigInteger.ONE.shiftLeft(64));

    static Shape when(Predicate<JsonNode> fits) {
        return value -> fits.test(value) ? value : null;
    }

    static Shape text(Predicate<String> fits) {
        return when(value -> value.isTextual() && fits.test(value.textValue()));
    }

    static Shape words(String... words) {
        return text(Set.of(words)::contains);
    }

    /** A whole number written as one, from {@code least} to below {@code end}. */
    static Shape integer(BigInteger least, BigInteger end) {
        return when(value -> value.isIntegralNumber()
                && value.bigIntegerValue().compareTo(least) >= 0
                && value.bigIntegerValue().compareTo(end) < 0);
    }

    /** What stands in for a value that does not fit. */
    default Shape orElse(String word) {
        return value -> {
            var fitting = fit(value);
            return fitting == null ? TextNode.valueOf(word) : fitting;
        };
    }

    /** The first that fits. */
    static Shape either(Shape... shapes) {
        return value -> {
            for (var shape : shapes) {
                var fitting = shape.fit(value);
                if (fitting != null) {
                    return fitting;
                }
            }
            return null;
        };
    }

    /** A list all of whose elements fit. */
    static Shape list(Shape element) {
        return list(element, false);
    }

    /** A list that goes without its elements that don't fit. */
    static Shape listOfFitting(Shape element) {
        return list(element, true);
    }

    private static Shape list(Shape element, boolean mends) {
        return value -> {
            if (!value.isArray()) {
                return null;
            }
            var fitting = JsonNodeFactory.instance.arrayNode(value.size());
            var isSame = true;
            for (var one : value) {
                var fit = element.fit(one);
                if (fit == null && !mends) {
                    return null;
                }
                isSame &= fit == one;
                if (fit != null) {
                    fitting.add(fit);
                }
            }
            return isSame ? (ArrayNode) value : fitting;
        };
    }

    /** An object with any names, whose values fit. */
    static Shape map(Shape element) {
        return value -> {
            if (!value.isObject()) {
                return null;
            }
            var fitting = new Mended((ObjectNode) value);
            for (var member : value.properties()) {
                var fit = element.fit(member.getValue());
                if (fit == null) {
                    return null;
                }
                fitting.put(member.getKey(), member.getValue(), fit);
            }
            return fitting.result();
        };
    }

    /** An object with these members and any others. */
    static Shape object(Field... fields) {
        return value -> value.isObject() ? fitFields((ObjectNode) value, fields) : null;
    }

    /** An object with no other members than these. */
    static Shape closedObject(Field... fields) {
        var names = new HashMap<String, Field>();
        for (var field : fields) {
            names.put(field.name(), field);
        }
        return value -> {
            if (!value.isObject()) {
                return null;
            }
            for (var member : value.properties()) {
                if (!names.containsKey(member.getKey())) {
                    return null;
                }
            }
            return fitFields((ObjectNode) value, fields);
        };
    }

    /** An object that goes without all members but these. */
    static Shape onlyMembers(String... names) {
        var kept = Set.of(names);
        return value -> {
            if (!value.isObject()) {
                return null;
            }
            var fitting = new Mended((ObjectNode) value);
            for (var member : value.properties()) {
                if (!kept.contains(member.getKey())) {
                    fitting.remove(member.getKey());
                }
            }
            return fitting.result();
        };
    }

    private static @Nullable JsonNode fitFields(ObjectNode value, Field... fields) {
        var fitting = new Mended(value);
        for (var field : fields) {
            if (field.alias() != null && value.has(field.alias())) {
                fitAlias(value, field, fitting);
                continue;
            }
            var member = value.get(field.name());
            if (!fitMember(field, member, fitting)) {
                return null;
            }
        }
        return fitting.result();
    }

    /** Two spellings of one member would be one member twice. */
    private static void fitAlias(ObjectNode value, Field field, Mended fitting) {
        var aliased = value.get(field.alias());
        if (value.has(field.name()) || field.shape().fit(aliased) != aliased) {
            fitting.remove(field.alias());
            fitMember(field, value.get(field.name()), fitting);
        }
    }

    private static boolean fitMember(Field field, @Nullable JsonNode member, Mended fitting) {
        if (member != null && member.isNull() && field.need() == Need.NULLABLE) {
            return true;
        }
        var fit = member == null ? null : field.shape().fit(member);
        if (fit != null) {
            fitting.put(field.name(), member, fit);
            return true;
        }
        if (field.standIn() != null) {
            fitting.put(field.name(), member, field.standIn());
            return true;
        }
        if (member != null) {
            fitting.remove(field.name());
        }
        return field.need() != Need.REQUIRED;
    }

    /** An object whose member of this name is a word that says which of the shapes it has; others have the last shape, if any. */
    static Shape tagged(String tag, Map<String, Shape> shapes, @Nullable Shape others) {
        return value -> {
            var word = value.isObject() ? value.get(tag) : null;
            if (word == null || !word.isTextual()) {
                return null;
            }
            var shape = shapes.getOrDefault(word.textValue(), others);
            return shape == null ? null : shape.fit(value);
        };
    }

    static Shape tagged(String tag, Map<String, Shape> shapes) {
        return tagged(tag, shapes, null);
    }

    /** An object with a single member, which is one of these. */
    static Shape single(Map<String, Shape> shapes) {
        return value -> {
            if (!value.isObject() || value.size() != 1) {
                return null;
            }
            var member = value.properties().iterator().next();
            var shape = shapes.get(member.getKey());
            var fit = shape == null ? null : shape.fit(member.getValue());
            if (fit == null) {
                return null;
            }
            var fitting = new Mended((ObjectNode) value);
            fitting.put(member.getKey(), member.getValue(), fit);
            return fitting.result();
        };
    }

    /** Whether a member may be missing. */
    enum Need {
        /** It must be there, and not null. */
        REQUIRED,
        /** It may be missing or null. */
        NULLABLE,
        /** It may be missing, but not null. */
        OPTIONAL
    }

    /**
     * A member of an object.
     *
     * @param alias another name of it
     * @param standIn what is put where it is missing or does not fit
     */
    record Field(
            String name,
            Shape shape,
            Need need,
            @Nullable String alias,
            @Nullable JsonNode standIn) {

        Field orAlias(String other) {
            return new Field(name, shape, need, other, standIn);
        }

        /** A member that is put in where it is missing or does not fit. */
        Field standIn(JsonNode value) {
            return new Field(name, shape, need, alias, value);
        }
    }

    static Field required(String name, Shape shape) {
        return new Field(name, shape, Need.REQUIRED, null, null);
    }

    static Field nullable(String name, Shape shape) {
        return new Field(name, shape, Need.NULLABLE, null, null);
    }

    static Field optional(String name, Shape shape) {
        return new Field(name, shape, Need.OPTIONAL, null, null);
    }

    /** An object and, once something had to be changed, a copy of it. */
    final class Mended {

        private final ObjectNode original;
        private @Nullable ObjectNode copy;

        Mended(ObjectNode original) {
            this.original = original;
        }

        void put(String name, @Nullable JsonNode before, JsonNode after) {
            if (before != after) {
                copy().set(name, after);
            }
        }

        void remove(String name) {
            copy().remove(name);
        }

        JsonNode result() {
            return copy == null ? original : copy;
        }

        private ObjectNode copy() {
            if (copy == null) {
                copy = JsonNodeFactory.instance.objectNode();
                copy.setAll(original);
            }
            return copy;
        }
    }
}
