package io.threadstore.thread;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which characters names may hold. */
class NamesTest {

    @ParameterizedTest
    @ValueSource(
            ints = {
                0x01, 0x07, 0x09, 0x0A, 0x0D, 0x1B, 0x7F, 0x85, 0x9B, 0x061C, 0x200E, 0x200F, 0x2028, 0x2029, 0x202A,
                0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069
            })
    void character_thatHidesOrReordersText_isRejectedAndReplaced(int character) {
        var name = "a" + Character.toString(character) + "b";

        assertThatThrownBy(() -> ThreadMetadataPatch.rename(name))
                .isInstanceOfSatisfying(
                        ThreadStoreException.class,
                        refusal -> assertThat(refusal.kind()).isEqualTo(ErrorKind.INVALID_REQUEST))
                .hasMessageContaining("name");
        assertThat(TextLimits.cutName(name)).isEqualTo("a\uFFFDb");
    }

    /** A family, a rainbow flag, the flag of Scotland, Persian and Devanagari with joiners, Hebrew, a soft hyphen. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "\uD83D\uDC68\u200D\uD83D\uDC69\u200D\uD83D\uDC67",
                "\uD83C\uDFF3\uFE0F\u200D\uD83C\uDF08",
                "\uD83C\uDFF4\uDB40\uDC67\uDB40\uDC62\uDB40\uDC73\uDB40\uDC63\uDB40\uDC74\uDB40\uDC7F",
                "\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645",
                "\u0915\u094D\u200D\u0937",
                "\u05E9\u05DC\u05D5\u05DD",
                "co\u00ADoperate",
                "a b"
            })
    void name_ofScriptsAndEmoji_isKept(String name) {
        assertThat(ThreadMetadataPatch.rename(name).name()).isEqualTo(Change.set(name));
        assertThat(TextLimits.cutName(name)).isEqualTo(name);
    }
}
