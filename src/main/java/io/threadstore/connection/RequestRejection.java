package io.threadstore.connection;

/**
 * Why a request is answered before it reaches the application.
 *
 * @param status the HTTP status
 * @param detail what is wrong and which limit applies, for people
 */
public record RequestRejection(int status, String detail) {

    static final RequestRejection NO_HOST = badRequest("the request has no Host header");
    static final RequestRejection SEVERAL_HOSTS = badRequest("the request has more than one Host header");
    static final RequestRejection HOST_DIFFERS =
            badRequest("the Host header and the host of the request's target differ");
    static final RequestRejection BAD_HOST = badRequest("the Host header does not name a host");
    static final RequestRejection BAD_TARGET = badRequest(
            "the request's target is not a valid path and query: a path must begin with a slash, and a backslash,"
                    + " a control character, an incomplete percent escape in a path, or one of \" < > [ ] ^ ` { | }"
                    + " in a path must be percent-encoded");
    static final RequestRejection LENGTH_AND_CODING =
            badRequest("the request has both Content-Length and Transfer-Encoding");
    static final RequestRejection NOT_HTTP = badRequest("the request is not valid HTTP");
    static final RequestRejection BAD_VERSION =
            new RequestRejection(505, "the service takes HTTP/1.0, HTTP/1.1 and HTTP/2 (by prior knowledge or ALPN)");

    static RequestRejection lineTooLong(int limit) {
        return new RequestRejection(414, "the request line is longer than " + limit + " bytes");
    }

    static RequestRejection headersTooLarge(int limit) {
        return new RequestRejection(431, "the headers are larger than " + limit + " bytes");
    }

    static RequestRejection headersTooLate(long seconds) {
        return new RequestRejection(408, "the headers did not arrive within " + seconds + " s");
    }

    private static RequestRejection badRequest(String detail) {
        return new RequestRejection(400, detail);
    }
}
