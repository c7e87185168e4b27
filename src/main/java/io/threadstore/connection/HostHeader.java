package io.threadstore.connection;

import java.net.URI;
import java.net.URISyntaxException;

/** The host that a request is for: RFC 9112, 3.2. */
final class HostHeader {

    private static final String HTTP = "http://";
    private static final String HTTPS = "https://";

    private HostHeader() {}

    /**
     * Whether it is a host with an optional port. A host name, such as one with an underscore, is not checked further.
     */
    static boolean isValid(CharSequence host) {
        var length = host.length();
        if (length == 0) {
            return false;
        }
        var isPort = false;
        for (var i = 0; i < length; i++) {
            var c = host.charAt(i);
            if (c == ':' && i > 0 && !isPort) {
                isPort = true;
            } else if (!(c >= '0' && c <= '9') && (isPort || !isPartOfName(c))) {
                return isAuthority(host.toString());
            }
        }
        return true;
    }

    private static boolean isPartOfName(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '.' || c == '-' || c == '_';
    }

    private static boolean isAuthority(String host) {
        try {
            var uri = new URI(HTTP + host + "/");
            return host.equals(uri.getRawAuthority()) && uri.getRawUserInfo() == null && host.indexOf('@') < 0;
        } catch (URISyntaxException e) {
            return false;
        }
    }

    static boolean isAbsolute(String target) {
        return target.regionMatches(true, 0, HTTP, 0, HTTP.length())
                || target.regionMatches(true, 0, HTTPS, 0, HTTPS.length());
    }

    static String authority(String absolute) {
        return absolute.substring(absolute.indexOf("//") + 2, endOfAuthority(absolute));
    }

    /** Path and query of an absolute target. */
    static String originForm(String absolute) {
        var rest = absolute.substring(endOfAuthority(absolute));
        return rest.startsWith("/") ? rest : "/" + rest;
    }

    private static int endOfAuthority(String absolute) {
        for (var i = absolute.indexOf("//") + 2; i < absolute.length(); i++) {
            var c = absolute.charAt(i);
            if (c == '/' || c == '?' || c == '#') {
                return i;
            }
        }
        return absolute.length();
    }
}
