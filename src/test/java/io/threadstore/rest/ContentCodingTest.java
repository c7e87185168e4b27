package io.threadstore.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.rest.ContentCoding.UnpackLimits;
import io.threadstore.testsupport.Packed;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ContentCodingTest {

    private static final UnpackLimits LIMITS = UnpackLimits.ofFile(1 << 30, 1000, () -> false);

    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        gzip                      | GZIP
        zstd                      | ZSTD
        gzip, deflate, br, zstd   | ZSTD
        gzip;q=1.0, zstd;q=0.5    | GZIP
        GZIP;Q=0.5                | GZIP
        gzip;q=0                  | IDENTITY
        identity, gzip;q=0.5      | IDENTITY
        *                         | IDENTITY
        br                        | IDENTITY
        gzip;q=nonsense           | IDENTITY
        ''                        | IDENTITY
        """)
    void bestCodingThatTheCallerLikesIsChosen(String header, ContentCoding coding) {
        assertThat(ContentCoding.ofResponse(header)).isEqualTo(coding);
    }

    @Test
    void unpackedBody_withinTheFreeBytes_mayHaveAnyRatio() throws IOException {
        assertThat(unpack(Packed.zstdBomb(new byte[0], ' ', 128)).readAllBytes())
                .hasSize(16 * 1024 * 1024);
    }

    @Test
    void unpackedBody_beyondItsRatio_isRejectedEarly() throws IOException {
        var unpacked = unpack(Packed.zstdBomb(new byte[0], ' ', 1600));
        var read = 0L;
        try {
            for (var buffer = new byte[1 << 20]; ; ) {
                read += unpacked.read(buffer);
            }
        } catch (ThreadStoreException e) {
            assertThat(e.kind()).isEqualTo(ErrorKind.REQUEST_TOO_LARGE);
            assertThat(e).hasMessage("the body unpacks to more than 1000 times its length; send it unpacked");
        }
        assertThat(read).isBetween(16L << 20, 24L << 20);
    }

    @Test
    void packedBody_longerThanAFile_isRejected() {
        var limits = UnpackLimits.ofFile(1000, 1000, () -> false);
        var padding = new byte[70_000];
        var packed = new ByteArrayInputStream(Packed.concat(Packed.skippable(0, padding), Packed.zstd(padding)));

        assertThatThrownBy(() -> ContentCoding.ZSTD.unpack(packed, limits).readAllBytes())
                .isInstanceOf(ThreadStoreException.class)
                .hasMessage("the packed body is longer than 66551 bytes");
    }

    @Test
    void unpackedBody_afterTheClientDisconnected_isReadNoFurther() throws IOException {
        var isGone = new AtomicBoolean();
        var limits = UnpackLimits.ofFile(1 << 30, 1000, isGone::get);
        var unpacked =
                ContentCoding.ZSTD.unpack(new ByteArrayInputStream(Packed.zstdBomb(new byte[0], ' ', 100)), limits);
        assertThat(unpacked.read(new byte[1000])).isPositive();

        isGone.set(true);

        assertThatThrownBy(() -> unpacked.read(new byte[1000]))
                .isInstanceOf(IOException.class)
                .hasMessage("the client has disconnected");
    }

    @Test
    void failure_ofThePackedBody_isNotReportedAsDamage() {
        var failing = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("no connection");
            }
        };

        for (var coding : ContentCoding.values()) {
            assertThatThrownBy(() -> coding.unpack(failing, LIMITS).readAllBytes())
                    .isInstanceOf(IOException.class)
                    .hasMessage("no connection");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"GZIP", "ZSTD"})
    void damagedBody_afterItsFailure_failsInTheSameWay(ContentCoding coding) throws IOException {
        var packed = packed(coding);
        var unpacked = coding.unpack(new ByteArrayInputStream(packed, 0, packed.length - 1), LIMITS);

        for (var i = 0; i < 3; i++) {
            assertThatThrownBy(unpacked::readAllBytes)
                    .isInstanceOf(ThreadStoreException.class)
                    .hasMessage("the body is not intact " + coding.word() + ": it ends too early");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"GZIP", "ZSTD"})
    void packedExport_cutAtAnyByte_isDetected(ContentCoding coding) throws IOException {
        var packed = packed(coding);

        assertThat(coding.unpack(new ByteArrayInputStream(packed), LIMITS).readAllBytes())
                .hasSize(3 * 30_000);
        for (var length = 0; length < packed.length; length++) {
            var cut = coding.unpack(new ByteArrayInputStream(packed, 0, length), LIMITS);
            assertThatThrownBy(cut::readAllBytes).as("cut at %d", length).isInstanceOf(ThreadStoreException.class);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"GZIP", "ZSTD"})
    void packedExport_isAcceptedByTheReferenceTool(ContentCoding coding) throws Exception {
        var file = Files.write(directory.resolve("packed"), packed(coding));
        Process tool;
        try {
            tool = new ProcessBuilder(coding.word(), "-tq")
                    .redirectInput(file.toFile())
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            assumeTrue(false, "skipped: this machine has no " + coding.word() + " to compare with");
            return;
        }

        assertThat(new String(tool.getInputStream().readAllBytes(), UTF_8)).isEmpty();
        assertThat(tool.waitFor()).isZero();
    }

    private static byte[] packed(ContentCoding coding) throws IOException {
        var out = new ByteArrayOutputStream();
        try (var packer = coding.pack(out)) {
            for (var i = 0; i < 3; i++) {
                packer.write("a line of a file, nine words\n\n".repeat(1000).getBytes(UTF_8));
                packer.flush();
            }
        }
        return out.toByteArray();
    }

    private static InputStream unpack(byte[] packed) {
        return ContentCoding.ZSTD.unpack(new ByteArrayInputStream(packed), LIMITS);
    }
}
