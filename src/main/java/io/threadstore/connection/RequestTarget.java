package io.threadstore.connection;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * The target of a request, as the layers above can read it: RFC 3986. What browsers and curl send raw in a query
 * (WHATWG URL, "query state") is percent-encoded, so that it means the same as its encoded form.
 */
final class RequestTarget {

    private static final String HEX = "0123456789ABCDEF";
    private static final char FIRST_NON_ASCII = 0x80;

    /** RFC 3986, {@code pchar} and the slash. */
    private static final BitSet IN_PATH =
            characters("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/");

    /** RFC 3986, {@code query}; and the brackets, which every parser takes. */
    private static final BitSet IN_QUERY =
            characters("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/?[]");

    private static final BitSet ENCODED_IN_QUERY = characters("\"<>^`{|}");

    private RequestTarget() {}

    /**
     * @param target in origin form, its bytes as ISO 8859-1
     * @return the same object if there is nothing to encode; null if the target is not valid
     */
    static @Nullable String normalize(String target) {
        var length = target.length();
        if (length == 0 || target.charAt(0) != '/') {
            return null;
        }
        var allowed = IN_PATH;
        for (var i = 0; i < length; i++) {
            var character = target.charAt(i);
            if (character == '?' && allowed == IN_PATH) {
                allowed = IN_QUERY;
            } else if (!allowed.get(character) && !(character == '%' && isEscape(target, i))) {
                return encode(target);
            }
        }
        return isAuthorityLike(target) ? null : target;
    }

    private static @Nullable String encode(String target) {
        var encoded = new StringBuilder(target.length() + 32);
        var isQuery = false;
        for (var i = 0; i < target.length(); i++) {
            var character = target.charAt(i);
            if (character == '?' && !isQuery) {
                isQuery = true;
                encoded.append(character);
            } else if ((isQuery ? IN_QUERY : IN_PATH).get(character) || character == '%' && isEscape(target, i)) {
                encoded.append(character);
            } else if (character >= FIRST_NON_ASCII
                    || isQuery && (character == '%' || ENCODED_IN_QUERY.get(character))) {
                encoded.append('%').append(HEX.charAt(character >> 4 & 0xF)).append(HEX.charAt(character & 0xF));
            } else {
                return null;
            }
        }
        var result = encoded.toString();
        return isAuthorityLike(result) ? null : result;
    }

    private static boolean isEscape(String target, int percent) {
        return percent + 2 < target.length()
                && Character.digit(target.charAt(percent + 1), 16) >= 0
                && Character.digit(target.charAt(percent + 2), 16) >= 0;
    }

    /** A path that begins with two slashes is read as an authority, and not every one can be. */
    private static boolean isAuthorityLike(String target) {
        if (!target.startsWith("//")) {
            return false;
        }
        try {
            new URI(target);
            return false;
        } catch (URISyntaxException e) {
            return true;
        }
    }

    /** The path of a target, for people; null if there is none. */
    static @Nullable String path(@Nullable String target) {
        if (target == null || !target.startsWith("/")) {
            return null;
        }
        var query = target.indexOf('?');
        var path = query < 0 ? target : target.substring(0, query);
        // as it was sent, with nothing in it that ends a line of a log
        var printable = new StringBuilder(path.length());
        for (var octet : path.getBytes(StandardCharsets.ISO_8859_1)) {
            if (octet > ' ' && octet < 0x7F) {
                printable.append((char) octet);
            } else {
                printable.append('%').append(HEX.charAt(octet >> 4 & 0xF)).append(HEX.charAt(octet & 0xF));
            }
        }
        return printable.toString();
    }

    private static BitSet characters(String all) {
        var set = new BitSet(FIRST_NON_ASCII);
        all.chars().forEach(set::set);
        return set;
    }
}
