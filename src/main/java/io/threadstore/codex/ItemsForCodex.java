package io.threadstore.codex;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.threadstore.platform.JsonText;
import io.threadstore.rollout.RolloutItem;
import jakarta.enterprise.context.ApplicationScoped;
import org.jspecify.annotations.Nullable;

/**
 * Items as every Codex from 0.125 to 0.129 can parse them: one that it can't fails the whole read. An item that fits goes as it is stored;
 * one that can be mended goes mended; any other does not go at all. REST and exports show everything as it is.
 */
@ApplicationScoped
class ItemsForCodex {

    private static final char REPLACEMENT = '\uFFFD';

    /**
     * What goes to Codex.
     *
     * @param text the item, {@code {"type","payload"}}
     * @param payload its payload
     */
    record Sent(String text, JsonNode payload) {}

    /** Whether Codex knows items of this type. */
    static boolean isKnown(RolloutItem item) {
        return ItemShapes.PAYLOADS.containsKey(item.type());
    }

    /** The item for Codex; null where it can't be had. */
    @Nullable
    Sent of(RolloutItem item) {
        var shape = ItemShapes.PAYLOADS.get(item.type());
        if (shape == null) {
            return null;
        }
        var fitting = fit(item.payload(), shape);
        return fitting == null
                ? null
                : new Sent("{\"type\":\"" + item.type() + "\",\"payload\":" + fitting.text() + "}", fitting.value());
    }

    /**
     * A JSON value in a form that Codex can parse.
     *
     * @param text as it is stored, where that will do
     * @param value its value
     */
    record Fitting(String text, JsonNode value) {}

    /** A text as Codex can parse it; null where it can't be had. */
    static @Nullable Fitting fit(JsonText text, Shape shape) {
        var tree = ItemTree.parse(text);
        if (tree == null || !isFinite(tree.root())) {
            return null;
        }
        // nearly none has any, and a copy takes as much memory again
        var clean = hasLoneSurrogates(tree.root()) ? withoutLoneSurrogates(tree.root()) : tree.root();
        var fitting = shape.fit(clean);
        if (fitting == null) {
            return null;
        }
        // where a member is there twice the tree is not all of the text, and the text is not to be trusted
        var isStored = fitting == tree.root() && !tree.repeats();
        return new Fitting(isStored ? text.toString() : fitting.toString(), fitting);
    }

    /** Whether a double can hold every number in the tree; Codex refuses a larger one wherever it stands. */
    private static boolean isFinite(JsonNode node) {
        if (node.isNumber()) {
            return !Double.isInfinite(node.doubleValue());
        }
        for (var child : node) {
            if (!isFinite(child)) {
                return false;
            }
        }
        return true;
    }

    private static boolean hasLoneSurrogates(JsonNode node) {
        if (node.isTextual()) {
            return !withoutLoneSurrogates(node.textValue()).equals(node.textValue());
        }
        if (node instanceof ObjectNode object) {
            for (var member : object.properties()) {
                if (!withoutLoneSurrogates(member.getKey()).equals(member.getKey())
                        || hasLoneSurrogates(member.getValue())) {
                    return true;
                }
            }
            return false;
        }
        for (var element : node) {
            if (hasLoneSurrogates(element)) {
                return true;
            }
        }
        return false;
    }

    /** The tree itself, or a copy in which U+FFFD stands for every half of a character, as cutting a text makes them. */
    private static JsonNode withoutLoneSurrogates(JsonNode node) {
        if (node.isTextual()) {
            var text = node.textValue();
            var clean = withoutLoneSurrogates(text);
            return clean.equals(text) ? node : TextNode.valueOf(clean);
        }
        if (node instanceof ObjectNode object) {
            var clean = JsonNodeFactory.instance.objectNode();
            var isSame = true;
            for (var member : object.properties()) {
                var name = withoutLoneSurrogates(member.getKey());
                var value = withoutLoneSurrogates(member.getValue());
                isSame &= value == member.getValue() && name.equals(member.getKey());
                clean.set(name, value);
            }
            return isSame ? node : clean;
        }
        if (node instanceof ArrayNode list) {
            var clean = JsonNodeFactory.instance.arrayNode(list.size());
            var isSame = true;
            for (var element : list) {
                var value = withoutLoneSurrogates(element);
                isSame &= value == element;
                clean.add(value);
            }
            return isSame ? node : clean;
        }
        return node;
    }

    private static String withoutLoneSurrogates(String text) {
        for (var i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                return text.codePoints()
                        .map(character -> isSurrogate(character) ? REPLACEMENT : character)
                        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                        .toString();
            }
        }
        return text;
    }

    private static boolean isSurrogate(int codePoint) {
        return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
    }
}
