package io.threadstore.codex;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.threadstore.platform.JsonText;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Trees of JSON that still tell what Codex' parser looks at and Jackson's own trees forget: whether any member was there twice, and that
 * {@code -0} is no whole number to it.
 *
 * @param root the tree; of members that were there twice it has the last
 * @param repeats whether some member was there twice, so that the tree is not all of the text
 */
record ItemTree(JsonNode root, boolean repeats) {

    /** Objects and lists may nest 127 deep in an item for Codex; the item itself is the first, its payload the second. */
    private static final int PAYLOAD_DEPTH = 126;

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final JsonFactory PARSERS = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(PAYLOAD_DEPTH)
                    .maxNumberLength(Integer.MAX_VALUE)
                    .maxStringLength(Integer.MAX_VALUE)
                    .maxNameLength(Integer.MAX_VALUE)
                    .build())
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();

    /** The tree of a text; null if it is no JSON, or nests too deeply for Codex. */
    static @Nullable ItemTree parse(JsonText text) {
        try (var parser = PARSERS.createParser(text.buffer(), text.offset(), text.length())) {
            parser.nextToken();
            var builder = new Builder();
            return new ItemTree(builder.value(parser), builder.repeats);
        } catch (IOException e) {
            return null;
        }
    }

    private static final class Builder {

        private boolean repeats;

        private JsonNode value(JsonParser parser) throws IOException {
            return switch (parser.currentToken()) {
                case START_OBJECT -> object(parser);
                case START_ARRAY -> {
                    var list = NODES.arrayNode();
                    while (parser.nextToken() != JsonToken.END_ARRAY) {
                        list.add(value(parser));
                    }
                    yield list;
                }
                case VALUE_STRING -> NODES.textNode(parser.getText());
                case VALUE_NUMBER_INT ->
                    parser.getText().equals("-0")
                            ? DoubleNode.valueOf(-0.0)
                            : NODES.numberNode(parser.getBigIntegerValue());
                case VALUE_NUMBER_FLOAT -> DecimalNode.valueOf(parser.getDecimalValue());
                case VALUE_TRUE -> NODES.booleanNode(true);
                case VALUE_FALSE -> NODES.booleanNode(false);
                default -> NODES.nullNode();
            };
        }

        private JsonNode object(JsonParser parser) throws IOException {
            var object = NODES.objectNode();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                var name = parser.currentName();
                parser.nextToken();
                if (object.replace(name, value(parser)) != null) {
                    repeats = true;
                }
            }
            return object;
        }
    }
}
