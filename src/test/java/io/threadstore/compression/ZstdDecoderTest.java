package io.threadstore.compression;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.threadstore.testsupport.Packed;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ZstdDecoderTest {

    private static final byte[] MAGIC = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd};
    private static final byte[] FIRST = "first frame\n".repeat(20).getBytes(UTF_8);
    private static final byte[] SECOND = "second frame\n".repeat(10_000).getBytes(UTF_8);

    @Test
    void frames_ofASourceThatArrivesInPieces_areAllDecoded() throws IOException {
        var packed = Packed.concat(Packed.zstd(FIRST), Packed.zstd(new byte[0]), Packed.zstd(SECOND));

        assertThat(new ZstdDecoder(new GzipDecoderTest.Trickle(packed)).readAllBytes())
                .isEqualTo(Packed.concat(FIRST, SECOND));
    }

    @Test
    void skippableFrames_anywhere_areSkipped() throws IOException {
        var packed = Packed.concat(
                Packed.skippable(0, (byte) 1, (byte) 2),
                Packed.zstd(FIRST),
                Packed.skippable(15),
                Packed.zstd(SECOND),
                Packed.skippable(7, new byte[100_000]));

        assertThat(decode(packed)).isEqualTo(Packed.concat(FIRST, SECOND));
        assertThat(decode(Packed.fixture("c26_pzstd.jsonl.zst"))).isEqualTo(Packed.fixture("c26_pzstd.jsonl"));
    }

    @Test
    void skippableFramesAlone_areAnEmptyFile() throws IOException {
        assertThat(decode(Packed.skippable(0, (byte) 1))).isEmpty();
        assertCorrupt(new byte[] {0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1}, "it ends too early");
    }

    @Test
    void mixedContent_ofManyBlocks_isDecoded() throws IOException {
        var random = new Random(7);
        var content = new ByteArrayOutputStream();
        while (content.size() < 12_000_000) {
            switch (random.nextInt(4)) {
                case 0 -> {
                    var noise = new byte[random.nextInt(100_000)];
                    random.nextBytes(noise);
                    content.writeBytes(noise);
                }
                case 1 -> content.writeBytes(new byte[random.nextInt(300_000)]);
                case 2 -> content.writeBytes(SECOND);
                default -> {
                    for (var i = 0; i < 2_000; i++) {
                        content.writeBytes(
                                ("{\"number\":" + random.nextInt(1000) + ",\"text\":\"line\"}\n").getBytes(UTF_8));
                    }
                }
            }
        }

        assertThat(decode(Packed.zstd(content.toByteArray()))).isEqualTo(content.toByteArray());
    }

    @Test
    void otherBytes_afterTheLastFrame_areRejected() {
        var frame = Packed.zstd(FIRST);

        assertCorrupt(Packed.concat(frame, new byte[4]), "other bytes follow its last frame");
        assertCorrupt(Packed.concat(frame, new byte[1]), "it ends too early");
        assertCorrupt(Packed.concat(frame, MAGIC), "it ends too early");
        assertCorrupt(Packed.concat(frame, MAGIC, new byte[] {0x24}), "it ends too early");
        assertCorrupt(new byte[0], "it ends too early");
    }

    @Test
    void contentChecksum_thatDiffers_isRejected() {
        var frame = Packed.zstd(FIRST);
        frame[frame.length - 1]++;

        assertCorrupt(frame, "a frame's checksum is wrong");
    }

    @Test
    void contentSize_thatDiffers_isRejected() {
        // a single segment of 3 bytes, in a raw block of 2
        assertCorrupt(
                Packed.concat(MAGIC, new byte[] {0x20, 3, 2 << 3 | 1, 0, 0, 'a', 'b'}), "a frame's length is wrong");
    }

    @Test
    void window_isLimited() throws IOException {
        var emptyBlock = new byte[] {1, 0, 0};

        assertThat(decode(Packed.concat(MAGIC, new byte[] {0, 13 << 3}, emptyBlock)))
                .isEmpty();
        assertCorrupt(
                Packed.concat(MAGIC, new byte[] {0, 13 << 3 | 1}, emptyBlock),
                "a frame needs a window of 9437184 bytes; the content coding allows 8388608");
        assertCorrupt(
                Packed.concat(MAGIC, new byte[] {0, (byte) (31 << 3)}, emptyBlock),
                "a frame needs a window of 2199023255552 bytes; the content coding allows 8388608");
    }

    @Test
    void dictionary_isRejectedUnlessItsIdIsZero() throws IOException {
        assertThat(decode(Packed.concat(MAGIC, new byte[] {1, 0, 0, 1, 0, 0}))).isEmpty();
        assertCorrupt(Packed.concat(MAGIC, new byte[] {1, 0, 7, 1, 0, 0}), "a frame needs a dictionary");
    }

    private static void assertCorrupt(byte[] packed, String message) {
        assertThatThrownBy(() -> decode(packed))
                .isInstanceOf(CorruptDataException.class)
                .hasMessage(message);
    }

    private static byte[] decode(byte[] packed) throws IOException {
        return new ZstdDecoder(new ByteArrayInputStream(packed)).readAllBytes();
    }
}
