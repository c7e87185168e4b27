package io.threadstore.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.threadstore.error.ThreadStoreException;
import org.junit.jupiter.api.Test;

class CursorTest {

    @Test
    void cursorComesBackAsItWas() {
        var cursor = new Cursor(Long.MAX_VALUE, -1);

        assertThat(Cursor.decode(cursor.encode("query"), "query")).isEqualTo(cursor);
    }

    @Test
    void cursorIsOfNoUseWithAnotherQuery() {
        var text = new Cursor(1, 2).encode("query");

        assertThatThrownBy(() -> Cursor.decode(text, "another")).isInstanceOf(ThreadStoreException.class);
        assertThatThrownBy(() -> Cursor.decode(text + "A", "query")).isInstanceOf(ThreadStoreException.class);
        assertThatThrownBy(() -> Cursor.decode("", "query")).isInstanceOf(ThreadStoreException.class);
    }
}
