package io.threadstore.rest;

/**
 * Whether a path is spelled in the one way that the service accepts. Other spellings of the same path, which the
 * framework would decode or shorten, are rejected before anything else: so what is checked by path is checked for every
 * request.
 */
final class CanonicalPath {

    private static final String HEX = "0123456789abcdef";

    private CanonicalPath() {}

    /**
     * Checks a path as it was sent, without its query.
     *
     * <p>Not canonical are: path parameters ({@code ;}), empty segments, {@code .} and {@code ..} as segments,
     * backslashes, and percent-encodings that are
     * incomplete, of control characters, of characters that need none, or of characters that separate something.
     */
    static boolean is(String path) {
        if (path.isEmpty() || path.charAt(0) != '/') {
            return false;
        }
        for (var i = 0; i < path.length(); i++) {
            var c = path.charAt(i);
            if (c == ';' || c == '\\' || c <= ' ' || c == 0x7F) {
                return false;
            }
            if (c == '/' && i + 1 < path.length() && (path.charAt(i + 1) == '/' || isDots(path, i + 1))) {
                return false;
            }
            if (c == '%') {
                if (i + 2 >= path.length() || !isHarmless(decoded(path, i + 1))) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Whether a segment is {@code .} or {@code ..}. */
    private static boolean isDots(String path, int from) {
        var end = path.indexOf('/', from);
        var segment = end < 0 ? path.substring(from) : path.substring(from, end);
        return segment.equals(".") || segment.equals("..");
    }

    /** The encoded byte; -1 if it is not one. */
    private static int decoded(String path, int at) {
        var high = HEX.indexOf(Character.toLowerCase(path.charAt(at)));
        var low = HEX.indexOf(Character.toLowerCase(path.charAt(at + 1)));
        return high < 0 || low < 0 ? -1 : high * 16 + low;
    }

    private static boolean isHarmless(int code) {
        if (code <= ' ') {
            return code == ' ';
        }
        var isUnreserved = code >= 'a' && code <= 'z'
                || code >= 'A' && code <= 'Z'
                || code >= '0' && code <= '9'
                || "-._~".indexOf(code) >= 0;
        return !isUnreserved && "/;\\%?#".indexOf(code) < 0 && code != 0x7F;
    }
}
