package io.threadstore.compression;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.threadstore.testsupport.Packed;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GzipDecoderTest {

    private static final byte[] FIRST = "first member\n".repeat(20).getBytes(UTF_8);
    private static final byte[] SECOND = "second member\n".repeat(10_000).getBytes(UTF_8);

    @Test
    void members_ofASourceThatArrivesInPieces_areAllDecoded() throws IOException {
        var packed = Packed.concat(Packed.gzip(FIRST), Packed.gzip(new byte[0]), Packed.gzip(SECOND));

        assertThat(new GzipDecoder(new Trickle(packed)).readAllBytes()).isEqualTo(Packed.concat(FIRST, SECOND));
    }

    @Test
    void member_longerThanTheBuffers_isDecoded() throws IOException {
        var bytes = new byte[1_000_000];
        new Random(3).nextBytes(bytes);

        assertThat(decode(Packed.concat(Packed.gzip(bytes), Packed.gzip(bytes))))
                .isEqualTo(Packed.concat(bytes, bytes));
    }

    @Test
    void zeroBytes_afterTheLastMember_arePadding() throws IOException {
        assertThat(decode(Packed.concat(Packed.gzip(FIRST), new byte[1]))).isEqualTo(FIRST);
        assertThat(decode(Packed.concat(Packed.gzip(FIRST), new byte[200_000]))).isEqualTo(FIRST);
    }

    @Test
    void otherBytes_betweenOrAfterMembers_areRejected() {
        var member = Packed.gzip(FIRST);

        assertCorrupt(Packed.concat(member, new byte[] {'x'}), "other bytes follow its last member");
        assertCorrupt(Packed.concat(member, new byte[10], member), "other bytes follow its last member");
        assertCorrupt(Packed.concat(member, new byte[] {0x1f}), "it ends too early");
        assertCorrupt(Packed.concat(member, new byte[] {0x1f, 0x00}, member), "other bytes follow its last member");
    }

    @Test
    void secondMember_cutInItsHeader_isRejected() {
        assertCorrupt(Packed.fixture("c10_cut_in_header.jsonl.gz"), "it ends too early");
    }

    @Test
    void emptySource_isRejected() {
        assertCorrupt(new byte[0], "it ends too early");
    }

    @Test
    void headerFields_withAChecksum_areSkipped() throws IOException {
        assertThat(decode(withHeaderFields(FIRST, 0))).isEqualTo(FIRST);
        assertCorrupt(withHeaderFields(FIRST, 1), "its header is damaged");
    }

    @ParameterizedTest
    @ValueSource(ints = {0x20, 0x40, 0x80})
    void reservedFlags_areRejected(int flag) {
        var member = Packed.gzip(FIRST);
        member[3] |= (byte) flag;

        assertCorrupt(member, "its header has reserved flags");
    }

    @Test
    void trailer_thatDiffers_isRejected() {
        var wrongCrc = Packed.gzip(FIRST);
        wrongCrc[wrongCrc.length - 8]++;
        var wrongLength = Packed.gzip(FIRST);
        wrongLength[wrongLength.length - 1]++;

        assertCorrupt(wrongCrc, "its checksum is wrong");
        assertCorrupt(wrongLength, "its length is wrong");
    }

    /** A member with an extra field, a name, a comment and a header checksum. */
    static byte[] withHeaderFields(byte[] bytes, int checksumError) {
        var member = Packed.gzip(bytes);
        var header = Packed.concat(
                new byte[] {0x1f, (byte) 0x8b, 8, 0x1e, 1, 2, 3, 4, 0, 3},
                new byte[] {4, 0, 'e', 'x', 't', 'r'},
                "name\0comment\0".getBytes(UTF_8));
        var crc = new CRC32();
        crc.update(header);
        var checksum = (int) crc.getValue() + checksumError;
        return Packed.concat(
                header,
                new byte[] {(byte) checksum, (byte) (checksum >> 8)},
                java.util.Arrays.copyOfRange(member, 10, member.length));
    }

    private static void assertCorrupt(byte[] packed, String message) {
        assertThatThrownBy(() -> decode(packed))
                .isInstanceOf(CorruptDataException.class)
                .hasMessage(message);
    }

    private static byte[] decode(byte[] packed) throws IOException {
        try (var decoder = new GzipDecoder(new ByteArrayInputStream(packed))) {
            return decoder.readAllBytes();
        }
    }

    /** A byte at a time, and never one that is available, as if each byte were a chunk that is still to come. */
    static final class Trickle extends InputStream {

        private final InputStream in;

        Trickle(byte[] bytes) {
            in = new ByteArrayInputStream(bytes);
        }

        @Override
        public int read() throws IOException {
            return in.read();
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            return in.read(buffer, offset, Math.min(1, length));
        }

        @Override
        public int available() {
            return 0;
        }
    }
}
