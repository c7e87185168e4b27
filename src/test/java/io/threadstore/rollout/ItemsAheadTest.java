package io.threadstore.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.JsonText;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An import whose reader is lost fails; it does not wait for ever. */
@Timeout(60)
class ItemsAheadTest {

    @FunctionalInterface
    private interface Reading {
        @Nullable
        RolloutItem at(int number) throws IOException;
    }

    @Test
    void allIsWell_itemsComeInOrderWithTheirLines() throws Exception {
        try (var items = new ItemsAhead(source(number -> number <= 2000 ? item() : null), Thread::new)) {
            for (var number = 1; number <= 2000; number++) {
                assertThat(items.next()).isNotNull();
                assertThat(items.number()).isEqualTo(number);
            }
            assertThat(items.next()).isNull();
            assertThat(items.next()).isNull();
        }
    }

    @Test
    void readerEndsInAnError_importFails() {
        assertFails(number -> {
            throw new OutOfMemoryError("Java heap space");
        });
        assertFails(number -> {
            if (number > 1200) {
                throw new StackOverflowError();
            }
            return item();
        });
    }

    /** What the reader has to tell needs memory, too. */
    @Test
    void readerEndsWithoutAWord_importFails() {
        assertFails(number -> {
            Thread.currentThread().interrupt();
            return item();
        });
    }

    @Test
    void readerMeetsAnIOException_importFailsWithIt() {
        var items = new ItemsAhead(
                source(number -> {
                    throw new IOException("gone");
                }),
                Thread::new);
        assertThatThrownBy(() -> drain(items)).isInstanceOf(IOException.class).hasMessage("gone");
    }

    @Test
    void noThreadCanBeCreated_importIsUnavailable() {
        ThreadFactory none = task -> new Thread(task) {
            @Override
            public synchronized void start() {
                throw new OutOfMemoryError("unable to create native thread");
            }
        };
        assertThatThrownBy(() -> new ItemsAhead(source(number -> null), none))
                .isInstanceOfSatisfying(
                        ThreadStoreException.class,
                        failure -> assertThat(failure.kind()).isEqualTo(ErrorKind.UNAVAILABLE));
    }

    private static void assertFails(Reading reading) {
        var items = new ItemsAhead(source(reading), Thread::new);
        assertThatThrownBy(() -> drain(items)).isInstanceOf(UncheckedIOException.class);
    }

    private static void drain(ItemsAhead items) throws IOException {
        try (items) {
            while (items.next() != null) {
                // goes on to the failure
            }
        }
    }

    private static RolloutItem item() {
        return new RolloutItem(
                JsonText.of("{}"),
                "event_msg",
                JsonText.of("{}"),
                JsonText.of("\"event_msg\""),
                null,
                null,
                null,
                false,
                0);
    }

    private static ItemsAhead.Source source(Reading reading) {
        return new ItemsAhead.Source() {

            private int number;

            @Override
            public @Nullable RolloutItem next() throws IOException {
                return reading.at(++number);
            }

            @Override
            public long number() {
                return number;
            }
        };
    }
}
