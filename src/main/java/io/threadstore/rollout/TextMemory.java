package io.threadstore.rollout;

import io.threadstore.platform.JsonText;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** Memory for the texts of rows, one text at a time. */
final class TextMemory {

    /** More than this is not kept from page to page. */
    private static final int KEPT_BYTES = 1024 * 1024;

    private static final byte[] NOTHING = {};

    private byte[] bytes = NOTHING;

    /** A row's text, valid until the next one is read; null if the column is NULL. */
    @Nullable
    JsonText read(ResultSet row, int column) throws SQLException {
        var text = row.getBinaryStream(column);
        if (text == null) {
            return null;
        }
        try {
            // all of it is there: it comes from the row that the driver has read
            var count = text.available();
            if (count > bytes.length) {
                bytes = new byte[Math.max(count, Math.min(2 * bytes.length, KEPT_BYTES))];
            }
            return new JsonText(bytes, 0, text.readNBytes(bytes, 0, count));
        } catch (IOException e) {
            throw new UncheckedIOException("a row that is in memory is read without input", e);
        }
    }

    /** The texts of a page are no longer used: what a long one needed is released. */
    void endPage() {
        if (bytes.length > KEPT_BYTES) {
            release();
        }
    }

    void release() {
        bytes = NOTHING;
    }
}
