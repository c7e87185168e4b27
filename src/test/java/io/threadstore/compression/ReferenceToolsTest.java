package io.threadstore.compression;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.threadstore.testsupport.Packed;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Compares the decoders with {@code gzip} and {@code zstd}. Small files are cut at every byte, and every bit and
 * every byte of them is flipped. What the tool rejects the decoder must reject. What the tool accepts the decoder
 * must accept with the same bytes.
 *
 * <p>Known differences:
 *
 * <ul>
 *   <li>The tool's default limit for windows is 128 MiB; the content coding's is 8 MiB (RFC 9659).
 *   <li>The decoder may reject a damaged file that the tool decodes to other bytes than were packed. zstd before
 *   1.5.6 accepts bit streams that are too short or too long, and offsets of 0; RFC 8878 calls them corrupt. Only
 *   files without a checksum show this.
 *   <li>zstd from 1.5.6 on rejects reserved bits that zstd 1.5.4 and the decoder pass over. The decoded bytes are
 *   those that were packed.
 * </ul>
 */
class ReferenceToolsTest {

    private static final byte[] TEXT = """
        {"timestamp":"2026-11-20T20:47:05.000Z","type":"event_msg","payload":{"type":"agent_message","message":"a"}}
        {"timestamp":"2026-11-20T20:47:06.000Z","type":"event_msg","payload":{"type":"user_message","message":"b"}}
        """.getBytes(UTF_8);

    private static final byte[] SHORT = "one line of text\n".getBytes(UTF_8);

    private static final boolean REJECTS_RESERVED_BITS =
            !zstdVersion().matches("(?s).*v(0|1\\.[0-4]|1\\.5\\.[0-5])\\b.*");

    @TempDir
    Path directory;

    @Test
    void gzipDecoder_atDamagedFiles_agreesWithTheTool() throws Exception {
        requireTool("gzip");
        var stored = pack(SHORT, "gzip", "-c", "-1");
        var packed = pack(TEXT, "gzip", "-c", "-9");

        compare(
                "gzip",
                GzipDecoder::new,
                List.of(
                        packed,
                        Packed.concat(stored, Packed.gzip(SHORT)),
                        Packed.concat(stored, new byte[5]),
                        GzipDecoderTest.withHeaderFields(SHORT, 0)));
    }

    @Test
    void zstdDecoder_atDamagedFiles_agreesWithTheTool() throws Exception {
        requireTool("zstd");
        var plain = pack(SHORT, "zstd", "-c", "-q", "--no-check");
        var checked = pack(SHORT, "zstd", "-c", "-q", "--check");

        compare(
                "zstd",
                ZstdDecoder::new,
                List.of(
                        pack(TEXT, "zstd", "-c", "-q", "-19", "--no-check"),
                        pack(TEXT, "zstd", "-c", "-q", "-19", "--check", "--no-content-size"),
                        Packed.concat(Packed.skippable(0, (byte) 1, (byte) 2), plain, Packed.skippable(9), checked),
                        Packed.skippable(1, (byte) 3),
                        Packed.zstd(SHORT),
                        Packed.zstdBomb(SHORT, 'x', 2)));
    }

    @Test
    void zstdDecoder_atAllLevels_agreesWithTheTool() throws Exception {
        requireTool("zstd");
        var text = Packed.fixture("c26_pzstd.jsonl");
        var content = new ArrayList<byte[]>();
        var random = new java.util.Random(11);
        for (var i = 0; i < 4000; i++) {
            content.add(Arrays.copyOfRange(text, random.nextInt(text.length), text.length));
            content.add(Long.toString(random.nextLong(), 36).getBytes(UTF_8));
        }
        var bytes = Packed.concat(content.toArray(new byte[0][]));

        for (var level : List.of("--fast=3", "-1", "-3", "-7", "-13", "-19")) {
            var packed = pack(bytes, "zstd", "-c", "-q", level);
            assertThat(decode(ZstdDecoder::new, packed).bytes()).as(level).isEqualTo(bytes);
        }
    }

    private void compare(String tool, Decoder decoder, List<byte[]> files) throws Exception {
        for (var file : files) {
            var variants = variants(file);
            var expected = byTool(tool, variants);
            assertThat(expected.get(0)).as("the tool accepts the file").isNotNull();
            for (var i = 0; i < variants.size(); i++) {
                var found = decode(decoder, variants.get(i));
                if (!isKnownDifference(found, expected.get(i), expected.get(0))) {
                    assertThat(found.bytes())
                            .as("%s: variant %d of a file of %d bytes: %s", tool, i, file.length, found.failure())
                            .isEqualTo(expected.get(i));
                }
            }
        }
    }

    private static boolean isKnownDifference(Decoded found, byte @Nullable [] expected, byte @Nullable [] intact) {
        if (found.failure() != null) {
            return expected != null
                    && (found.failure().startsWith("a frame needs a window") || !Arrays.equals(expected, intact));
        }
        return expected == null && REJECTS_RESERVED_BITS && Arrays.equals(found.bytes(), intact);
    }

    /** The file itself, the file cut at every byte, and the file with every bit and every byte flipped. */
    private static List<byte[]> variants(byte[] file) {
        var variants = new ArrayList<byte[]>();
        variants.add(file);
        for (var length = 0; length < file.length; length++) {
            variants.add(Arrays.copyOf(file, length));
        }
        for (var i = 0; i < file.length; i++) {
            for (var bit = 0; bit < 8; bit++) {
                variants.add(flipped(file, i, 1 << bit));
            }
            variants.add(flipped(file, i, 0xff));
        }
        return variants;
    }

    private static byte[] flipped(byte[] file, int position, int mask) {
        var copy = file.clone();
        copy[position] ^= (byte) mask;
        return copy;
    }

    /** What the tool makes of each file; null where it rejects it. */
    private List<byte @Nullable []> byTool(String tool, List<byte[]> files) throws Exception {
        for (var i = 0; i < files.size(); i++) {
            Files.write(directory.resolve(i + ".in"), files.get(i));
        }
        var script = "i=0; while [ $i -lt %d ]; do %s -dcq <$i.in >$i.out 2>errors; echo $?; i=$((i+1)); done"
                .formatted(files.size(), tool);
        var results = new ArrayList<byte @Nullable []>();
        for (var code : new String(run(new byte[0], "sh", "-c", script), UTF_8).split("\n")) {
            var out = Files.readAllBytes(directory.resolve(results.size() + ".out"));
            results.add(code.equals("0") ? out : null);
        }
        assertThat(results).hasSameSizeAs(files);
        return results;
    }

    private byte[] pack(byte[] bytes, String... command) throws Exception {
        return run(bytes, command);
    }

    private byte[] run(byte[] input, String... command) throws Exception {
        var in = Files.write(directory.resolve("input"), input);
        var out = directory.resolve("output");
        var process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectInput(in.toFile())
                .redirectOutput(out.toFile())
                .start();
        assertThat(process.waitFor()).as(String.join(" ", command)).isZero();
        return Files.readAllBytes(out);
    }

    private static String zstdVersion() {
        try {
            var process = new ProcessBuilder("zstd", "--version")
                    .redirectErrorStream(true)
                    .start();
            return new String(process.getInputStream().readAllBytes(), UTF_8);
        } catch (IOException e) {
            return "";
        }
    }

    private static void requireTool(String tool) throws InterruptedException {
        boolean isThere;
        try {
            isThere = new ProcessBuilder(tool, "--version")
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            isThere = false;
        }
        assumeTrue(isThere, "skipped: this machine has no " + tool + " to compare with");
    }

    private static Decoded decode(Decoder decoder, byte[] packed) {
        try (var in = decoder.open(new ByteArrayInputStream(packed))) {
            return new Decoded(in.readAllBytes(), null);
        } catch (CorruptDataException e) {
            return new Decoded(null, e.getMessage());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private interface Decoder {
        InputStream open(InputStream packed);
    }

    private record Decoded(
            byte @Nullable [] bytes, @Nullable String failure) {}
}
