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
    void enlarge_smallBuffer_keepsItsContentInAWholeChunk() {
        var buffer = memory.take(10);
        var held = new byte[buffer.remaining()];
        held[0] = 7;
        held[held.length - 1] = 8;
        buffer.put(held);
        assertThat(memory.isSmall(buffer)).isTrue();

        var larger = memory.enlarge(buffer);

        assertThat(memory.isSmall(larger)).isFalse();
        assertThat(larger.flip()).isEqualTo(ByteBuffer.wrap(held));
    }

    @Test
    void give_smallBuffer_isNotKept() {
        var small = memory.take(100);
        memory.give(small);

        assertThat(memory.take(100)).isNotSameAs(small);
    }

    @Test
    void take_anyLength_staysWithinOneChunk() {
        assertThat(memory.take(Long.MAX_VALUE).capacity()).isEqualTo(ChunkMemory.BYTES_OF_A_STREAM / 2);
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
