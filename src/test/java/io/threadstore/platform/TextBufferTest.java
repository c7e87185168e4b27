package io.threadstore.platform;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextBufferTest {

    @Test
    void growsAsItIsWritten() {
        var buffer = new TextBuffer(0);
        var expected = new StringBuilder();
        for (var i = 0; i < 1000; i++) {
            buffer.append("a");
            buffer.append(JsonText.of("\"ü\""));
            buffer.append((byte) ',');
            expected.append("a\"ü\",");
        }

        assertThat(buffer.toJsonText()).hasToString(expected.toString());
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 9, 10, 99, 100, 101, 1_234_567_890_123L, Long.MAX_VALUE})
    void writesNumbers(long number) {
        var buffer = new TextBuffer(1);

        buffer.append(number);

        assertThat(buffer.toJsonText()).hasToString(Long.toString(number));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0000-01-01T00:00:00Z",
                "0000-02-29T23:59:59.999Z",
                "0000-03-01T00:00:00Z",
                "1582-10-15T12:00:00.001Z",
                "1900-02-28T23:59:59.999Z",
                "1900-03-01T00:00:00Z",
                "1969-12-31T23:59:59.999Z",
                "1970-01-01T00:00:00Z",
                "2000-02-29T00:00:00.010Z",
                "2026-12-31T23:59:59.100Z",
                "2100-03-01T00:00:00Z",
                "9999-12-31T23:59:59.999Z"
            })
    void writesTimesAsTheFormatterDoes(String text) {
        assertThat(written(Instant.parse(text).toEpochMilli())).isEqualTo(Timestamps.format(Instant.parse(text)));
    }

    @Test
    void writesAnyTimeAsTheFormatterDoes() {
        var random = new Random(2);
        var first = Instant.parse("0000-01-01T00:00:00Z").toEpochMilli();
        var last = Instant.parse("9999-12-31T23:59:59.999Z").toEpochMilli();
        for (var i = 0; i < 20_000; i++) {
            var millis = random.nextLong(first, last + 1);
            assertThat(written(millis)).isEqualTo(Timestamps.format(Instant.ofEpochMilli(millis)));
        }
    }

    @Test
    void writesTheSameTimeAgain() {
        var buffer = new TextBuffer(4);
        for (var millis : new long[] {0, 0, 1, 1, 0, 0}) {
            buffer.appendTime(millis);
        }

        assertThat(buffer.toJsonText())
                .hasToString("1970-01-01T00:00:00.000Z".repeat(2)
                        + "1970-01-01T00:00:00.001Z".repeat(2)
                        + "1970-01-01T00:00:00.000Z".repeat(2));
    }

    private static String written(long millis) {
        var buffer = new TextBuffer(4);
        buffer.appendTime(millis);
        return buffer.toJsonText().toString();
    }
}
