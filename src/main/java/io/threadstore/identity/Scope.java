package io.threadstore.identity;

/** What an operation needs its caller to be allowed. */
public enum Scope {
    /** To see threads and their items. */
    READ("threads:read"),
    /** To create threads and to change them. */
    WRITE("threads:write"),
    /** To delete threads for good. */
    DELETE("threads:delete");

    private final String word;

    Scope(String word) {
        this.word = word;
    }

    /** The scope's own name; other words may be configured to grant it. */
    public String word() {
        return word;
    }
}
