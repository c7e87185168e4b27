package io.threadstore.thread;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ThreadIdTest {

    @Test
    void randomIdsAreOfVersion7AndSortByTime() {
        var early = ThreadId.random(Instant.parse("2026-11-20T20:47:03.078Z"));
        var late = ThreadId.random(Instant.parse("2026-11-20T20:47:03.079Z"));

        assertThat(early.value().version()).isEqualTo(7);
        assertThat(early.value().variant()).isEqualTo(2);
        assertThat(early.value().getMostSignificantBits() >>> 16)
                .isEqualTo(Instant.parse("2026-11-20T20:47:03.078Z").toEpochMilli());
        assertThat(early.toString()).isLessThan(late.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "1-1-1-1-1",
                "01a1fab671a678b080d3d8e7488ce317",
                "{01a1fab6-71a6-78b0-80d3-d8e7488ce317}"
            })
    void otherFormsAreNotIds(String text) {
        assertThat(ThreadId.tryParse(text)).isEmpty();
    }
}
