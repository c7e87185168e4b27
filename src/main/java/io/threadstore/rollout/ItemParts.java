package io.threadstore.rollout;

import io.threadstore.platform.Bytes;
import io.threadstore.platform.JsonText;
import org.jspecify.annotations.Nullable;

/**
 * Where the parts of a stored item are: a look for quotes and braces in a text that was checked when it came, because a parser would look
 * again at each byte of each history. What is not as expected is left to the parser.
 *
 * @param typeText the text of {@code type} with its quotes
 * @param payload the text of {@code payload}
 * @param hasTimestamp whether the text has a top-level member {@code timestamp} of any form
 * @param bodyOffset where the text goes on after its first brace, in bytes
 * @param isOneLine whether there is no line feed between its tokens; within them there can't be one
 */
record ItemParts(JsonText typeText, JsonText payload, boolean hasTimestamp, int bodyOffset, boolean isOneLine) {

    private static final int NOWHERE = -1;

    /** Finds the parts of a stored item. */
    static ItemParts of(StoredItem stored, ItemReader items) {
        var text = stored.text();
        var offset = stored.payloadOffset();
        var found = offset == null ? null : new Scan(text, text.offset() + offset).find();
        return found == null ? of(text, items) : found;
    }

    /** Finds the parts of a text of which nothing is known. */
    static ItemParts of(JsonText text, ItemReader items) {
        var found = new Scan(text, NOWHERE).find();
        return found == null ? parse(text, items) : found;
    }

    private static ItemParts parse(JsonText text, ItemReader items) {
        var item = items.reread(text);
        return new ItemParts(item.typeText(), item.payload(), item.hasTimestamp(), item.bodyOffset(), text.isOneLine());
    }

    /** One look through a text. */
    private static final class Scan {

        private final JsonText text;
        private final byte[] bytes;
        private final int end;
        private final int payloadFrom;
        private int at;
        private boolean isOneLine = true;

        /**
         * @param payloadFrom where the payload begins, if it is known that nothing but a brace follows it and that it has no line feed: it is not
         *     looked through then; else {@link #NOWHERE}
         */
        Scan(JsonText text, int payloadFrom) {
            this.text = text;
            this.payloadFrom = payloadFrom;
            this.bytes = text.buffer();
            this.at = text.offset();
            this.end = text.offset() + text.length();
        }

        /** The parts; null if the text is not as expected. Of members that come twice the last one counts. */
        @Nullable
        ItemParts find() {
            JsonText type = null;
            JsonText payload = null;
            var hasTimestamp = false;
            if (!take('{')) {
                return null;
            }
            var bodyOffset = at - text.offset();
            do {
                var name = name();
                var value = name == null || !take(':') ? null : value(name);
                if (name == null || value == null) {
                    return null;
                }
                if (is(name, "type")) {
                    type = value;
                } else if (is(name, "payload")) {
                    payload = value;
                } else if (is(name, "timestamp")) {
                    hasTimestamp = true;
                }
            } while (take(','));
            var isObject = take('}');
            skipSpace();
            return isObject && at == end && begins(type, '"') && begins(payload, '{')
                    ? new ItemParts(type, payload, hasTimestamp, bodyOffset, isOneLine)
                    : null;
        }

        private static boolean begins(@Nullable JsonText value, char first) {
            return value != null && value.buffer()[value.offset()] == first;
        }

        /** A member's name without its quotes; null if there is none, or if it is written with escapes. */
        private @Nullable JsonText name() {
            if (!take('"')) {
                return null;
            }
            var from = at;
            var to = Bytes.indexOfEither(bytes, from, end, (byte) '"', (byte) '\\');
            at = to + 1;
            return to < 0 || bytes[to] == '\\' ? null : new JsonText(bytes, from, to - from);
        }

        private static boolean is(JsonText name, String word) {
            if (name.length() != word.length()) {
                return false;
            }
            for (var i = 0; i < word.length(); i++) {
                if (name.buffer()[name.offset() + i] != word.charAt(i)) {
                    return false;
                }
            }
            return true;
        }

        /** The next value, passed over; null if it does not end. */
        private @Nullable JsonText value(JsonText name) {
            skipSpace();
            var from = at;
            if (from == payloadFrom && from < end - 2 && is(name, "payload")) {
                at = end - 1;
                return new JsonText(bytes, from, at - from);
            }
            var isThere = at < end
                    && switch (bytes[at]) {
                        case '"' -> passString();
                        case '{', '[' -> passStructure();
                        default -> passWord();
                    };
            return isThere ? new JsonText(bytes, from, at - from) : null;
        }

        private boolean passString() {
            for (var from = at + 1; from < end; from = at + 1) {
                at = Bytes.indexOfEither(bytes, from, end, (byte) '"', (byte) '\\');
                if (at < 0) {
                    return false;
                }
                if (bytes[at++] == '"') {
                    return true;
                }
            }
            return false;
        }

        private boolean passStructure() {
            var open = 0;
            while (at < end) {
                switch (bytes[at]) {
                    case '"' -> {
                        if (!passString()) {
                            return false;
                        }
                        continue;
                    }
                    case '{', '[' -> open++;
                    case '}', ']' -> open--;
                    case '\n' -> isOneLine = false;
                    default -> {}
                }
                at++;
                if (open == 0) {
                    return true;
                }
            }
            return false;
        }

        /** A number, true, false or null. */
        private boolean passWord() {
            var from = at;
            while (at < end && bytes[at] != ',' && bytes[at] != '}' && !isSpace(bytes[at])) {
                at++;
            }
            return at > from;
        }

        /** Passes over white space and this one byte, if it is there. */
        private boolean take(char next) {
            skipSpace();
            if (at == end || bytes[at] != next) {
                return false;
            }
            at++;
            return true;
        }

        private void skipSpace() {
            while (at < end && isSpace(bytes[at])) {
                isOneLine &= bytes[at] != '\n';
                at++;
            }
        }

        private static boolean isSpace(byte b) {
            return b == ' ' || b == '\n' || b == '\r' || b == '\t';
        }
    }
}
