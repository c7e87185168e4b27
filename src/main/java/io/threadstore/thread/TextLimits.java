package io.threadstore.thread;

import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * How long the texts of a thread's summary may be, in Unicode code points: longer ones that callers set are refused, longer
 * ones derived from items are cut.
 */
public final class TextLimits {

    public static final int NAME = 500;
    /** The first user message, and with it the preview. Users reported messages of 675,000 characters in lists. */
    public static final int FIRST_USER_MESSAGE = 2000;

    public static final int CWD = 4096;
    public static final int GIT_SHA = 255;
    public static final int GIT_BRANCH = 500;
    public static final int GIT_ORIGIN_URL = 2048;
    /** Every other word or label: originator, version, provider, model, nickname, role, path, ... */
    public static final int LABEL = 255;
    /** JSON kept as last seen (token usage, sandbox policy, approval mode), in bytes; a longer one is left out. */
    public static final int JSON_BYTES = 65_535;

    private static final char REPLACEMENT = '\uFFFD';

    private TextLimits() {}

    /** The text without what a database column can't hold (lone surrogates, U+0000), cut to at most {@code max} code points. */
    public static @Nullable String cut(@Nullable String text, int max) {
        return cut(text, max, TextLimits::isStorable);
    }

    /**
     * A name that an item states, as {@link #cut} makes it fit, and with U+FFFD for each character that no name has.
     */
    public static @Nullable String cutName(@Nullable String text) {
        return cut(text, NAME, TextLimits::isInNames);
    }

    private static @Nullable String cut(@Nullable String text, int max, IntPredicate isKept) {
        if (text == null) {
            return null;
        }
        var kept = new StringBuilder(Math.min(text.length(), max));
        var count = 0;
        for (var i = 0; i < text.length() && count < max; count++) {
            var codePoint = text.codePointAt(i);
            i += Character.charCount(codePoint);
            kept.appendCodePoint(isKept.test(codePoint) ? codePoint : REPLACEMENT);
        }
        return kept.toString();
    }

    /** Whether the text holds neither a lone surrogate nor U+0000. */
    public static boolean isStorable(String text) {
        return text.codePoints().allMatch(TextLimits::isStorable);
    }

    /**
     * Whether a text shows in one line and in its own order: it holds no control character, no line or paragraph
     * separator, and no control of the bidirectional algorithm (Unicode UAX 9, 2). Joiners and variation selectors,
     * which scripts and emoji need, may be in it.
     */
    public static boolean isName(String text) {
        return text.codePoints().allMatch(TextLimits::isInNames);
    }

    private static boolean isInNames(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SURROGATE ->
                false;
            case Character.FORMAT -> !isBidiControl(codePoint);
            default -> true;
        };
    }

    private static boolean isBidiControl(int codePoint) {
        return codePoint == 0x061C
                || codePoint == 0x200E
                || codePoint == 0x200F
                || codePoint >= 0x202A && codePoint <= 0x202E
                || codePoint >= 0x2066 && codePoint <= 0x2069;
    }

    private static boolean isStorable(int codePoint) {
        return codePoint != 0 && !(codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE);
    }
}
