package io.threadstore.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.junit.jupiter.api.Test;

class BodyMemoryTest {

    private final BodyMemory memory = new BodyMemory(6 * 1024 * 1024);

    @Test
    void bodyThatFindsNoRoomIsAskedToComeAgain() throws IOException {
        try (var first = memory.meter(body(1_900_000));
                var second = memory.meter(body(1_900_000))) {
            first.readAllBytes();

            assertThatThrownBy(second::readAllBytes)
                    .isInstanceOfSatisfying(
                            ThreadStoreException.class,
                            e -> assertThat(e.kind()).isEqualTo(ErrorKind.UNAVAILABLE));
        }
    }

    @Test
    void memoryIsGivenBack() throws IOException {
        for (var i = 0; i < 20; i++) {
            try (var body = memory.meter(body(1_900_000))) {
                assertThat(body.readAllBytes()).hasSize(1_900_000);
            }
        }
    }

    @Test
    void oneBodyAloneAlwaysFindsRoom() throws IOException {
        try (var body = memory.meter(body(50_000_000))) {
            assertThat(body.readAllBytes()).hasSize(50_000_000);
        }
    }

    private static InputStream body(int bytes) {
        return new ByteArrayInputStream(new byte[bytes]);
    }
}
