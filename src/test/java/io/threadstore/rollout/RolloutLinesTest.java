package io.threadstore.rollout;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.threadstore.error.ThreadStoreException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RolloutLinesTest {

    @Test
    void splitsLinesOfAllLengthsHoweverTheyCome() throws IOException {
        var random = new Random(8);
        for (var round = 0; round < 50; round++) {
            var expected = new ArrayList<String>();
            var text = new StringBuilder();
            for (var i = random.nextInt(50); i > 0; i--) {
                var line = "x".repeat(random.nextInt(10) == 0 ? random.nextInt(300_000) : random.nextInt(200));
                text.append(line).append('\n');
                if (!line.isEmpty()) {
                    expected.add(line);
                }
            }
            if (random.nextBoolean()) {
                text.append("last");
                expected.add("last");
            }

            assertThat(lines(inPieces(text.toString(), random), 300_000)).isEqualTo(expected);
        }
    }

    @Test
    void refusesALineThatIsLongerThanItMayBe() throws IOException {
        assertThat(lines(in("a\n" + "x".repeat(100_000) + "\n"), 100_000)).hasSize(2);
        assertThatThrownBy(() -> lines(in("a\n\n" + "x".repeat(100_001) + "\n"), 100_000))
                .isInstanceOf(ThreadStoreException.class)
                .satisfies(e -> assertThat(e).hasMessageStartingWith("line 3:"));
        assertThatThrownBy(() -> lines(in("x".repeat(100_001)), 100_000)).isInstanceOf(ThreadStoreException.class);
    }

    @Test
    void countsBlankLines() throws IOException {
        var lines = new RolloutLines(in("\n \t\r\na\r\n\nb"), new ItemLimit(100), 1000);

        assertThat(lines.next().orElseThrow()).hasToString("a\r");
        assertThat(lines.number()).isEqualTo(3);
        assertThat(lines.next().orElseThrow()).hasToString("b");
        assertThat(lines.number()).isEqualTo(5);
        assertThat(lines.next()).isEmpty();
    }

    @Test
    void blankLines_beyondTheirLimit_areRejected() throws IOException {
        var most = "\n".repeat(RolloutLines.MAX_BLANK_LINES);

        assertThat(lines(in(most + "a"), 100)).containsExactly("a");
        assertThatThrownBy(() -> lines(in(most + "a\n \nb"), 100))
                .isInstanceOf(ThreadStoreException.class)
                .hasMessage("line 100002: the body has more than 100000 blank lines");
    }

    private static List<String> lines(InputStream in, int longest) throws IOException {
        var found = new ArrayList<String>();
        var lines = new RolloutLines(in, new ItemLimit(longest), Long.MAX_VALUE);
        for (var line = lines.next(); line.isPresent(); line = lines.next()) {
            found.add(line.get().toString());
        }
        return found;
    }

    private static InputStream in(String text) {
        return new ByteArrayInputStream(text.getBytes(UTF_8));
    }

    private static InputStream inPieces(String text, Random random) {
        return new ByteArrayInputStream(text.getBytes(UTF_8)) {
            @Override
            public synchronized int read(byte[] buffer, int offset, int length) {
                return super.read(buffer, offset, 1 + random.nextInt(length));
            }
        };
    }
}
