package io.threadstore.rest;

import io.threadstore.error.ThreadStoreException;
import io.threadstore.lifecycle.Preconditions;
import io.threadstore.thread.StoredThread;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Entity tags (RFC 9110): a thread's names the row and its version, so that it changes with all that GET shows. With its history
 * the thread is another representation and has a tag of its own.
 */
final class ETags {

    // possessive: a header of thousands of tags must not go as deep as it is long
    private static final Pattern LIST =
            Pattern.compile("\\s*+(?:W/)?+\"[^\"\\s]*+\"\\s*+(?:,\\s*+(?:W/)?+\"[^\"\\s]*+\"\\s*+)*+");
    private static final Pattern TAG = Pattern.compile("(W/)?(\"[^\"]*\")");

    private ETags() {}

    private static final String WITH_HISTORY = "h";

    static String of(StoredThread thread, boolean withHistory) {
        var tag = of(thread);
        return withHistory ? tag.substring(0, tag.length() - 1) + WITH_HISTORY + "\"" : tag;
    }

    static String of(StoredThread thread) {
        return "\"" + Long.toString(thread.key(), 36) + "." + Long.toString(thread.version(), 36) + "." + "\"";
    }

    /** What {@code If-Match} asks: weak tags never match. */
    static Preconditions ifMatch(@Nullable String header) {
        if (header == null || header.strip().equals("*")) {
            return Preconditions.NONE;
        }
        var tags = parse("If-Match", header, false);
        return new Preconditions(thread -> tags.contains(of(thread)) || tags.contains(of(thread, true)));
    }

    /** Whether {@code If-None-Match} says that the caller has what this tag names: weak tags count. */
    static boolean isKnown(@Nullable String header, String tag) {
        return header != null
                && (header.strip().equals("*")
                        || parse("If-None-Match", header, true).contains(tag));
    }

    private static List<String> parse(String name, String header, boolean weakToo) {
        if (!LIST.matcher(header).matches()) {
            throw ThreadStoreException.invalid(name, "is neither * nor a list of quoted entity tags");
        }
        var tags = new ArrayList<String>();
        var matcher = TAG.matcher(header);
        while (matcher.find()) {
            if (weakToo || matcher.group(1) == null) {
                tags.add(matcher.group(2));
            }
        }
        return tags;
    }
}
