package io.threadstore.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.threadstore.error.ThreadStoreException;
import io.threadstore.platform.StoreSecret;
import java.nio.ByteBuffer;
import java.util.Base64;
import org.junit.jupiter.api.Test;

class CursorTest {

    private final Cursors cursors = new Cursors(StoreSecret.of(new byte[] {1, 2, 3}));

    @Test
    void cursorComesBackAsItWas() {
        var cursor = new Cursor(Long.MAX_VALUE, -1);

        assertThat(cursors.decode(cursors.encode(cursor, "query"), "query")).isEqualTo(cursor);
    }

    @Test
    void cursorIsOfNoUseWithAnotherQuery() {
        var text = cursors.encode(new Cursor(1, 2), "query");

        assertThatThrownBy(() -> cursors.decode(text, "another"))
                .isInstanceOf(ThreadStoreException.class)
                .hasMessageContaining("other filters");
        assertThatThrownBy(() -> cursors.decode(text + "A", "query")).isInstanceOf(ThreadStoreException.class);
        assertThatThrownBy(() -> cursors.decode("", "query")).isInstanceOf(ThreadStoreException.class);
    }

    @Test
    void cursor_ofNeighbouringRows_showsNoNumber() {
        var one = Base64.getUrlDecoder().decode(cursors.encode(new Cursor(1_700_000_000_000L, 41), "query"));
        var next = Base64.getUrlDecoder().decode(cursors.encode(new Cursor(1_700_000_000_000L, 42), "query"));

        assertThat(one).hasSameSizeAs(next);
        var equal = 0;
        for (var i = 1; i < one.length; i++) {
            equal += one[i] == next[i] ? 1 : 0;
        }
        assertThat(equal).isLessThan(10);
        for (var i = 0; i + Long.BYTES <= one.length; i++) {
            assertThat(ByteBuffer.wrap(one).getLong(i)).isNotIn(41L, 1_700_000_000_000L);
        }
    }

    @Test
    void cursor_changedInAnyByte_isRejected() {
        var bytes = Base64.getUrlDecoder().decode(cursors.encode(new Cursor(1, 2), "query"));

        for (var i = 0; i < bytes.length; i++) {
            var changed = bytes.clone();
            changed[i] ^= 1;
            var text = Base64.getUrlEncoder().withoutPadding().encodeToString(changed);
            assertThatThrownBy(() -> cursors.decode(text, "query"))
                    .hasMessageContaining("is not a cursor of this service");
        }
    }

    @Test
    void cursor_ofAnotherService_isRejected() {
        var others = new Cursors(StoreSecret.of(new byte[] {9}));

        assertThatThrownBy(() -> cursors.decode(others.encode(new Cursor(1, 2), "query"), "query"))
                .hasMessageContaining("is not a cursor of this service");
    }

    @Test
    void cursor_inTheClearFormOfEarlierReleases_isRejected() {
        var old = ByteBuffer.allocate(25).put((byte) 1).putLong(7).putLong(1).putLong(2);

        assertThatThrownBy(() ->
                        cursors.decode(Base64.getUrlEncoder().withoutPadding().encodeToString(old.array()), "query"))
                .hasMessageContaining("is not a cursor of this service");
    }
}
