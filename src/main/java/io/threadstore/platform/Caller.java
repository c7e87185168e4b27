package io.threadstore.platform;

/**
 * Who calls.
 *
 * @param tenant the organisation that owns the threads; leads every key and every query
 * @param subject the person or program, recorded with what it changes
 */
public record Caller(String tenant, String subject) {

    /** Everyone, where callers are not asked who they are. */
    public static final Caller ANONYMOUS = new Caller("default", "anonymous");
}
