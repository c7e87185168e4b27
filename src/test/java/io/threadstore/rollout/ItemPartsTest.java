package io.threadstore.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import io.threadstore.platform.JsonText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The quick look finds what the parser finds. */
class ItemPartsTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"type\":\"x\",\"payload\":{}}",
                " \t{ \"timestamp\" : null , \"type\" :\"x\" , \"payload\" : { \"a\" : [ 1 , { } ] } } \r",
                "{\"payload\":{\"type\":\"y\",\"payload\":{}},\"type\":\"x\",\"z\":-1.5e+7,\"timestamp\":\"t\"}",
                "{\"type\":\"a\",\"payload\":{\"b\":1},\"type\":\"b\",\"payload\":{\"c\":2}}",
                "{\"\\u0074ype\":\"\\u0061\",\"p\\u0061yload\":{}}",
                "{\"type\":\"a\\\"b\\\\\",\"payload\":{\"}\":\"\\\\\",\"]\":\"\\\"}\",\"{\":\"[\"}}",
                "{\"type\":\"x\",\"a\":[[],[{}],\"]\"],\"b\":true,\"c\":false,\"d\":null,\"payload\":{\"ü\":\"\\u00fc\"}}",
                "{\"payload\":\n{\n},\"type\"\n:\"x\"}",
                "{\"type\":\"x\",\"payload\":{\"a\":\"\\n\"}}",
                "{\"\":{\"type\":1},\"typ\":1,\"types\":2,\"type\":\"x\",\"payload\":{}}"
            })
    void findsWhatTheParserFinds(String text) {
        assertSame(text);
    }

    /** @param marked with an @ where the offset is */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"type\":\"x\",\"payload\":@{}}",
                " {\t\"timestamp\":{\"payload\":{}} , \"type\" : \"\\u0061\" , \"payload\" :\r@{ \"a\" : \"}\" }}",
                "{\"payload\":{},\"type\":\"a\",\"type\":\"b\",\"payload\":@{\"payload\":{}}}",
                "{\"type\":\"x\",\"p\\u0061yload\":@{}}"
            })
    void offsetOfThePayloadIsKnownOfTextsThatEndWithIt(String marked) {
        var text = marked.replace("@", "");

        assertThat(TestReader.READER.reread(JsonText.of(text)).payloadOffset()).isEqualTo(marked.indexOf('@'));
        assertSame(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"type\":\"x\",\"payload\":{}} ",
                "{\"type\":\"x\",\"payload\":{} }",
                "{\"type\":\"x\",\"payload\":{\n}}",
                "\n{\"type\":\"x\",\"payload\":{}}",
                "{\"payload\":{},\"type\":\"x\"}",
                "{\"type\":\"x\",\"payload\":{},\"z\":{}}"
            })
    void ofOthersTheEndIsLookedFor(String text) {
        assertThat(TestReader.READER.reread(JsonText.of(text)).payloadOffset()).isNull();
        assertSame(text);
    }

    @Test
    void findsWhatTheParserFindsInRealRollouts() throws IOException {
        var lines = 0;
        try (var files = Files.walk(Path.of("src/test/resources/rollouts"))) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                for (var line : Files.readAllLines(file)) {
                    if (!line.isBlank()) {
                        assertSame(line);
                        lines++;
                    }
                }
            }
        }
        assertThat(lines).isGreaterThan(20);
    }

    @Test
    void findsWhatTheParserFindsInWhateverIsBuilt() {
        var random = new Random(3);
        for (var i = 0; i < 3000; i++) {
            var item = new StringBuilder("{");
            append(item, random, "type", "\"" + text(random) + "\"");
            item.append(space(random)).append(',');
            append(item, random, text(random), value(random, 0));
            item.append(',');
            append(item, random, random.nextBoolean() ? "timestamp" : "t", value(random, 2));
            item.append(',');
            append(item, random, "payload", "{\"p\":" + value(random, 0) + "}");
            assertSame(
                    item.append(space(random)).append('}').append(space(random)).toString());
        }
    }

    private static void append(StringBuilder out, Random random, String name, String value) {
        out.append(space(random)).append('"').append(name).append('"').append(space(random));
        out.append(':').append(space(random)).append(value);
    }

    private static String value(Random random, int depth) {
        return switch (random.nextInt(depth > 3 ? 3 : 5)) {
            case 0 -> "\"" + text(random) + "\"";
            case 1 -> Integer.toString(random.nextInt());
            case 2 -> "true";
            case 3 -> "[" + space(random) + value(random, depth + 1) + "," + value(random, depth + 1) + "]";
            default -> "{\"" + text(random) + "\":" + value(random, depth + 1) + space(random) + "}";
        };
    }

    private static String text(Random random) {
        var parts = new String[] {"a", "ü", "{", "}", "[", "]", ",", ":", "\\\\", "\\\"", "\\n", "some longer words"};
        var text = new StringBuilder();
        for (var i = random.nextInt(6); i > 0; i--) {
            text.append(parts[random.nextInt(parts.length)]);
        }
        return text.toString();
    }

    private static String space(Random random) {
        return new String[] {"", "", "", " ", "\t", "\n", "\r\n "}[random.nextInt(7)];
    }

    /** What silent damage does to a text is not for this class to find out; it must only come to an end. */
    @Test
    void endsWhateverTheTextIs() {
        var text = "{\"timestamp\":\"t\",\"type\":\"x\",\"payload\":{\"a\":[1,\"\\\"\",{}]}}";
        var random = new Random(4);
        for (var i = 0; i < 20_000; i++) {
            var bytes = text.substring(0, 1 + random.nextInt(text.length())).getBytes(StandardCharsets.UTF_8);
            bytes[random.nextInt(bytes.length)] = (byte) "{}[]\",:\\ x".charAt(random.nextInt(10));
            try {
                var offset = i % 2 == 0 ? null : random.nextInt(2 * bytes.length) - bytes.length / 2;
                var parts = ItemParts.of(StoredItem.of(0, 0, bytes, offset), TestReader.READER);
                assertThat(parts.payload().length()).isLessThanOrEqualTo(bytes.length);
            } catch (RuntimeException e) {
                assertThat(e).isNotInstanceOf(IndexOutOfBoundsException.class);
            }
        }
    }

    private static void assertSame(String text) {
        var bytes = ("##" + text + "##").getBytes(StandardCharsets.UTF_8);
        var stored = new JsonText(bytes, 2, bytes.length - 4);
        var expected = TestReader.READER.reread(stored);

        assertSame(text, ItemParts.of(stored, TestReader.READER), expected);
        var noted = new StoredItem(0, Instant.EPOCH, stored, expected.payloadOffset());
        assertSame(text, ItemParts.of(noted, TestReader.READER), expected);
    }

    private static void assertSame(String text, ItemParts parts, RolloutItem expected) {
        assertThat(parts.typeText()).as(text).isEqualTo(expected.typeText());
        assertThat(parts.payload()).as(text).isEqualTo(expected.payload());
        assertThat(parts.hasTimestamp()).as(text).isEqualTo(expected.hasTimestamp());
        assertThat(parts.bodyOffset()).as(text).isEqualTo(expected.bodyOffset());
        assertThat(parts.isOneLine()).as(text).isEqualTo(text.indexOf('\n') < 0);
    }
}
