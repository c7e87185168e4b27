package io.threadstore.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.JsonText;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ItemReaderTest {

    @Test
    void findsTheWordsThatRulesAskFor() {
        var item = TestReader.read(
                " {\"timestamp\":\"2026-11-20T20:47:04.376Z\", \"type\" : \"event_msg\" ,\"payload\": {\"item\":{\"type\":\"Plan\"},"
                        + "\"type\":\"item_completed\"} } ");

        assertThat(item.type()).isEqualTo("event_msg");
        assertThat(item.typeText()).hasToString("\"event_msg\"");
        assertThat(item.subtype()).isEqualTo("item_completed");
        assertThat(item.payloadItemType()).isEqualTo("Plan");
        assertThat(item.payload()).hasToString("{\"item\":{\"type\":\"Plan\"},\"type\":\"item_completed\"}");
        assertThat(item.timestamp()).isEqualTo(Instant.parse("2026-11-20T20:47:04.376Z"));
        assertThat(item.hasTimestamp()).isTrue();
        assertThat(item.bodyOffset()).isEqualTo(2);
    }

    @Test
    void readsASliceOfALargerBuffer() {
        var text = "{\"type\":\"x\",\"payload\":{\"ü\":1}}";
        var bytes = ("##" + text + "##").getBytes(StandardCharsets.UTF_8);

        var item = TestReader.READER.read(new JsonText(bytes, 2, bytes.length - 4));

        assertThat(item.text()).hasToString(text);
        assertThat(item.payload()).hasToString("{\"ü\":1}");
    }

    @Test
    void lastOfTwoMembersCounts() {
        var item = TestReader.read(
                "{\"type\":\"a\",\"payload\":{\"type\":\"p\"},\"type\":\"b\",\"payload\":{\"type\":\"q\",\"type\":1}}");

        assertThat(item.type()).isEqualTo("b");
        assertThat(item.payload()).hasToString("{\"type\":\"q\",\"type\":1}");
        assertThat(item.subtype()).isNull();
    }

    @Test
    void namesMayBeEscaped() {
        var item = TestReader.read("{\"\\u0074ype\":\"\\u0061\",\"p\\u0061yload\":{}}");

        assertThat(item.type()).isEqualTo("a");
        assertThat(item.typeText()).hasToString("\"\\u0061\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "{\"type\":\"x\",\"payload\":{}",
                "{\"type\":\"x\",\"payload\":{}}}",
                "{\"type\":\"x\",\"payload\":{}} {}",
                "{\"type\":\"x\",\"payload\":{},}",
                "{\"type\":\"x\",\"payload\":{\"a\":01}}",
                "{\"type\":\"x\",\"payload\":{\"a\":NaN}}",
                "{\"type\":\"x\",\"payload\":{\"a\":'b'}}",
                "{\"type\":\"x\",\"payload\":{\"a\":\"\\x\"}}",
                "{\"type\":\"x\",\"payload\":{\"a\":\"\u0001\"}}",
                "{\"type\":\"x\",\"payload\":{\"a\":\"line\nfeed\"}}",
                "{\"type\":\"x\",\"payload\":{/* no */}}",
                "\uFEFF{\"type\":\"x\",\"payload\":{}}",
            })
    void refusesWhatIsNotJson(String text) {
        assertThatThrownBy(() -> TestReader.read(text)).isInstanceOf(ThreadStoreException.class);
    }

    @Test
    void refusesOtherEncodings() {
        var text = JsonText.of("{\"type\":\"x\",\"payload\":{}}".getBytes(StandardCharsets.UTF_16LE));

        assertThatThrownBy(() -> TestReader.READER.read(text)).isInstanceOf(ThreadStoreException.class);
    }

    @Test
    void refusesNumbersWithTooManyDigits() {
        var digits = "1".repeat(10_001);

        assertThatThrownBy(() -> TestReader.read("{\"type\":\"x\",\"payload\":{\"a\":" + digits + "}}"))
                .isInstanceOf(ThreadStoreException.class);
        assertThat(TestReader.read("{\"type\":\"x\",\"payload\":{\"a\":" + digits.substring(1) + "}}"))
                .isNotNull();
    }
}
