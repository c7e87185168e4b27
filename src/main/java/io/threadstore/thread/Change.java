package io.threadstore.thread;

import java.util.function.Function;

/** What a patch says of one value: absent, null and a value are three different things. */
public sealed interface Change<T> {

    /** The value stays as it is: the patch does not mention it. */
    record Keep<T>() implements Change<T> {}

    /** The value is taken away: the patch says null. */
    record Clear<T>() implements Change<T> {}

    /** The value becomes this one. */
    record Set<T>(T value) implements Change<T> {}

    static <T> Change<T> keep() {
        return new Keep<>();
    }

    static <T> Change<T> clear() {
        return new Clear<>();
    }

    static <T> Change<T> set(T value) {
        return new Set<>(value);
    }

    default boolean isKept() {
        return this instanceof Keep;
    }

    /** The same change of another type's value. */
    default <R> Change<R> map(Function<? super T, ? extends R> mapper) {
        if (this instanceof Set<T> set) {
            return set(mapper.apply(set.value()));
        }
        return isKept() ? keep() : clear();
    }
}
