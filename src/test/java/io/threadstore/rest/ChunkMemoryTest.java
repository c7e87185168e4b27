package io.threadstore.rest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ChunkMemoryTest {

    private final ChunkMemory memory = new ChunkMemory();

    @Test
    void whatIsGivenBackIsUsedAgain() {
        var buffer = memory.take(Long.MAX_VALUE);
        buffer.put(new byte[1000]);
        memory.give(buffer);

        var again = memory.take(Long.MAX_VALUE);

        assertThat(again).isSameAs(buffer);
        assertThat(again.position()).isZero();
        assertThat(memory.take(Long.MAX_VALUE)).isNotSameAs(buffer);
    }

    @Test
    void aBufferThatGrowsKeepsWhatItHolds() {
        for (var expected : new long[] {10, Long.MAX_VALUE}) {
            var buffer = memory.take(expected);
            var held = new byte[buffer.remaining()];
            held[0] = 7;
            held[held.length - 1] = 8;
            buffer.put(held);

            var larger = memory.grow(buffer, 100);

            assertThat(larger.remaining()).isGreaterThanOrEqualTo(100);
            assertThat(larger.flip()).isEqualTo(ByteBuffer.wrap(held));
            assertThat(memory.again(larger, expected).capacity())
                    .as("what was needed once is not held on to")
                    .isLessThanOrEqualTo(400_000);
        }
    }

    @Test
    void onlyWholeChunksAreKept() {
        var small = memory.take(100);
        var grown = memory.grow(memory.take(Long.MAX_VALUE), 1_000_000);
        memory.take(Long.MAX_VALUE); // the one that was given back for it
        memory.give(small);
        memory.give(grown);

        assertThat(memory.take(100)).isNotSameAs(small);
        assertThat(memory.take(Long.MAX_VALUE).capacity()).isLessThan(grown.capacity());
    }

    @Test
    void noMoreIsKeptThanItSays() {
        var taken = Stream.generate(() -> memory.take(Long.MAX_VALUE)).limit(40).toList();
        taken.forEach(memory::give);

        assertThat(Stream.generate(() -> memory.take(Long.MAX_VALUE)).limit(40))
                .filteredOn(buffer -> taken.stream().anyMatch(before -> before == buffer))
                .hasSize(32);
    }
}
