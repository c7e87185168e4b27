package io.threadstore.rest;

import io.threadstore.error.ThreadStoreException;
import io.threadstore.lifecycle.Preconditions;
import io.threadstore.platform.Hmac;
import io.threadstore.platform.StoreSecret;
import io.threadstore.thread.StoredThread;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Entity tags (RFC 9110): a thread's stands for the row and its version, so that it changes with all that GET shows.
 * With its history the thread is another representation and has a tag of its own. A tag is a keyed hash, which shows
 * neither number.
 */
@ApplicationScoped
class ETags {

    // possessive: a header of thousands of tags must not go as deep as it is long
    private static final Pattern LIST =
            Pattern.compile("\\s*+(?:W/)?+\"[^\"\\s]*+\"\\s*+(?:,\\s*+(?:W/)?+\"[^\"\\s]*+\"\\s*+)*+");
    private static final Pattern TAG = Pattern.compile("(W/)?(\"[^\"]*\")");

    /** Of the HMAC. So many make 16 characters, and no two versions of a thread with the same tag. */
    private static final int BYTES = 12;

    private final StoreSecret secret;
    private volatile @Nullable Hmac hmac;

    ETags(StoreSecret secret) {
        this.secret = secret;
    }

    /** The tag of a thread with or without its history. */
    String of(StoredThread thread, boolean withHistory) {
        var version = ByteBuffer.allocate(2 * Long.BYTES + 1)
                .putLong(thread.key())
                .putLong(thread.version())
                .put((byte) (withHistory ? 1 : 0))
                .array();
        var code = Arrays.copyOf(hmac().of(version), BYTES);
        return "\"" + Base64.getUrlEncoder().withoutPadding().encodeToString(code) + "\"";
    }

    String of(StoredThread thread) {
        return of(thread, false);
    }

    private Hmac hmac() {
        var known = hmac;
        if (known == null) {
            known = new Hmac(secret.derive("etag"));
            hmac = known;
        }
        return known;
    }

    /** What {@code If-Match} asks: weak tags never match. */
    Preconditions ifMatch(@Nullable String header) {
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
