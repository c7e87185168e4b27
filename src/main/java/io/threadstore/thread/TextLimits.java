package io.threadstore.thread;

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
        if (text == null) {
            return null;
        }
        var kept = new StringBuilder(Math.min(text.length(), max));
        var count = 0;
        for (var i = 0; i < text.length() && count < max; count++) {
            var codePoint = text.codePointAt(i);
            i += Character.charCount(codePoint);
            kept.appendCodePoint(isStorable(codePoint) ? codePoint : REPLACEMENT);
        }
        return kept.toString();
    }

    /** Whether the text holds neither a lone surrogate nor U+0000. */
    public static boolean isStorable(String text) {
        return text.codePoints().allMatch(TextLimits::isStorable);
    }

    private static boolean isStorable(int codePoint) {
        return codePoint != 0 && !(codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE);
    }
}
