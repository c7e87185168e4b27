package io.threadstore.thread;

import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;

/** Enums by their words. */
final class Words {

    private Words() {}

    static <E extends Enum<E>> Optional<E> find(E[] values, Function<E, String> wordOf, String word) {
        return Arrays.stream(values)
                .filter(value -> wordOf.apply(value).equals(word))
                .findFirst();
    }
}
