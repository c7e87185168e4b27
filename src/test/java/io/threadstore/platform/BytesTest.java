package io.threadstore.platform;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class BytesTest {

    @Test
    void findsTheFirstOfEither() {
        var random = new Random(1);
        for (var round = 0; round < 20_000; round++) {
            var bytes = new byte[random.nextInt(40)];
            for (var i = 0; i < bytes.length; i++) {
                // close to what is sought, where the trick with whole words could go wrong
                bytes[i] = (byte) ("!\"#[\\]".charAt(random.nextInt(6)) ^ (random.nextInt(3) == 0 ? 0x80 : 0));
                bytes[i] = random.nextInt(3) > 0 ? (byte) random.nextInt() : bytes[i];
            }
            var from = random.nextInt(bytes.length + 1);
            var to = from + random.nextInt(bytes.length - from + 1);

            assertThat(Bytes.indexOfEither(bytes, from, to, (byte) '"', (byte) '\\'))
                    .isEqualTo(plainly(bytes, from, to, (byte) '"', (byte) '\\'));
            assertThat(Bytes.indexOf(bytes, from, to, (byte) 0xdc))
                    .isEqualTo(plainly(bytes, from, to, (byte) 0xdc, (byte) 0xdc));
        }
    }

    @Test
    void findsWhatIsNotAscii() {
        for (var length = 0; length < 40; length++) {
            var bytes = new byte[length + 2];
            bytes[0] = -1;
            bytes[length + 1] = -1;
            assertThat(Bytes.areAscii(bytes, 1, length + 1)).isTrue();
            for (var at = 1; at <= length; at++) {
                bytes[at] = -128;
                assertThat(Bytes.areAscii(bytes, 1, length + 1)).isFalse();
                bytes[at] = 127;
            }
        }
    }

    private static int plainly(byte[] bytes, int from, int to, byte one, byte other) {
        for (var i = from; i < to; i++) {
            if (bytes[i] == one || bytes[i] == other) {
                return i;
            }
        }
        return -1;
    }
}
