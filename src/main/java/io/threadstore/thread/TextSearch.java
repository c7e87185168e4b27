package io.threadstore.thread;

/**
 * A condition that finds a term in a text, in time that is linear in the text's length. MariaDB finds a literal between
 * two {@code %} with the Turbo Boyer-Moore algorithm, but only in binary strings, and only if the pattern holds no
 * {@code %}, {@code _} or {@code \\}. Bytes that UTF-8 never has stand for these three, on both sides.
 */
final class TextSearch {

    private final String term;

    TextSearch(String term) {
        this.term = term;
    }

    /**
     * The condition.
     *
     * @param text an expression of characters; null is not found
     * @param parameter an expression with the one place for the term
     */
    String foundIn(String text, String parameter) {
        return literal(text) + " LIKE CONCAT('%', " + literal(parameter) + ", '%')";
    }

    private String literal(String characters) {
        var bytes = "CAST(" + characters + " AS BINARY)";
        bytes = replaced(bytes, '%', "'%'", "X'FF'");
        bytes = replaced(bytes, '_', "'_'", "X'FE'");
        return replaced(bytes, '\\', "X'5C'", "X'FD'");
    }

    private String replaced(String bytes, char wildcard, String from, String to) {
        return term.indexOf(wildcard) < 0 ? bytes : "REPLACE(" + bytes + ", " + from + ", " + to + ")";
    }
}
