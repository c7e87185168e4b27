package io.threadstore.platform;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TimestampsTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2026-11-20T20:47:04.376Z",
                "2026-11-20T20:47:04Z",
                "2026-11-20T20:47:04.3Z",
                "2026-11-20T20:47:04.37Z",
                "2026-11-20T20:47:04.376999999Z",
                "0000-01-01T00:00:00Z",
                "1969-12-31T23:59:59.999Z",
                "2000-02-29T23:59:59.001Z",
                "9999-12-31T23:59:59.999999Z"
            })
    void readsTheUsualForm(String text) {
        assertThat(Timestamps.parse(text))
                .isEqualTo(OffsetDateTime.parse(text).toInstant().truncatedTo(ChronoUnit.MILLIS));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Z",
                "2026-11-20",
                "2026-11-20T20:47Z",
                "2026-11-20T20:47:04.Z",
                "2026-11-20T20:47:04.1234567890Z",
                "2026-11-20T20:47:04.37xZ",
                "2026-11-20T20:47:04.376+00:00",
                "2026-11-20t20:47:04.376z",
                "2026-13-20T20:47:04.376Z",
                "2026-00-20T20:47:04.376Z",
                "2026-02-29T20:47:04.376Z",
                "2026-02-00T20:47:04.376Z",
                "2026-04-31T20:47:04.376Z",
                "2026-11-20T24:00:00.000Z",
                "2026-11-20T20:60:04.376Z",
                "2026-11-20T20:47:60.376Z",
                "2026-1/-20T20:47:04.376Z",
                "20x6-11-20T20:47:04.376Z",
                "202x-11-20T20:47:04.376Z",
                "-026-11-20T20:47:04.376Z",
                "2026-11-20T-1:47:04.376Z",
                "2026-11-20T20:47:04.-76Z",
                "２０２６-11-20T20:47:04.376Z"
            })
    void leavesOtherFormsToOthers(String text) {
        assertThat(Timestamps.parse(text)).isNull();
    }

    @Test
    void writesAsAFormatterDoesAndReadsIt() {
        var form = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
        var random = new Random(7);
        var first = Instant.parse("0000-01-01T00:00:00Z").toEpochMilli();
        var last = Instant.parse("9999-12-31T23:59:59.999Z").toEpochMilli();
        for (var i = 0; i < 20_000; i++) {
            var time = Instant.ofEpochMilli(random.nextLong(first, last + 1));
            assertThat(Timestamps.format(time)).isEqualTo(form.format(time));
            assertThat(Timestamps.parse(Timestamps.format(time))).isEqualTo(time);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0000-01-01T00:00:00.000Z",
                "9999-12-31T23:59:59.999Z",
                "-0001-12-31T23:59:59.999Z",
                "+10000-01-01T00:00:00.000Z"
            })
    void writesTheFirstAndLastOfTheFourDigitsAndBeyond(String text) {
        assertThat(Instant.parse(Timestamps.format(Instant.parse(text)))).isEqualTo(Instant.parse(text));
    }
}
