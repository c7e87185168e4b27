package io.threadstore.rest;

import io.threadstore.error.ThreadStoreException;
import io.threadstore.thread.ThreadId;
import io.threadstore.thread.ThreadQuery;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Query parameters, path parameters and headers as values. JAX-RS would answer 404 to those that don't parse; here they are 400
 * and named. An empty parameter counts as absent.
 */
final class Parameters {

    private Parameters() {}

    static ThreadId threadId(String text) {
        return ThreadId.parse("thread_id", text);
    }

    static @Nullable UUID optionalUuid(String name, @Nullable String text) {
        return text == null ? null : ThreadId.parse(name, text).value();
    }

    /** A search term; an empty one counts as absent. */
    static @Nullable String search(@Nullable String text) {
        if (text == null || text.isEmpty()) {
            return null;
        }
        if (ThreadQuery.isTooLongToSearch(text)) {
            throw ThreadStoreException.invalid("search", "is longer than " + ThreadQuery.SEARCH_LENGTH + " characters");
        }
        return text;
    }

    static boolean flag(String name, @Nullable String text) {
        if (text == null) {
            return false;
        }
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw ThreadStoreException.invalid(name, "is neither true nor false");
        };
    }

    /** A whole number that is not negative. */
    static long count(String name, String text) {
        try {
            var value = Long.parseLong(text);
            // the parser takes signs, and the digits of every script
            if (text.chars().allMatch(digit -> digit >= '0' && digit <= '9')) {
                return value;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw ThreadStoreException.invalid(name, "is not a whole number from 0 on");
    }

    static @Nullable Long optionalCount(String name, @Nullable String text) {
        return text == null ? null : count(name, text);
    }

    static int limit(@Nullable String text, int standard, int max) {
        if (text == null) {
            return standard;
        }
        var value = count("limit", text);
        if (value < 1 || value > max) {
            throw ThreadStoreException.invalid("limit", "is not within 1 and " + max);
        }
        return (int) value;
    }

    static <E> E oneOf(String name, String text, Function<String, Optional<E>> ofWord, E[] all) {
        return ofWord.apply(text).orElseThrow(() -> notOneOf(name, all));
    }

    /** The value whose name, in lower case, is the text. */
    static <E extends Enum<E>> E word(String name, @Nullable String text, E standard, E[] all) {
        if (text == null) {
            return standard;
        }
        return oneOf(
                name,
                text,
                word -> Arrays.stream(all)
                        .filter(value -> lower(value).equals(word))
                        .findFirst(),
                all);
    }

    private static <E> ThreadStoreException notOneOf(String name, E[] all) {
        return ThreadStoreException.invalid(
                name,
                "is not one of " + Arrays.stream(all).map(Parameters::lower).collect(Collectors.joining(", ")));
    }

    private static String lower(Object value) {
        return value.toString().toLowerCase(Locale.ROOT);
    }
}
