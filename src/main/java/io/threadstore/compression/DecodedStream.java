package io.threadstore.compression;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/** What the decoders share: decoded data as a stream. */
abstract class DecodedStream extends InputStream {

    @Override
    public final int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    /** @throws CorruptDataException at damage; some bytes of what is damaged may have been returned before */
    @Override
    public final int read(byte[] buffer, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, buffer.length);
        return length == 0 ? 0 : decode(buffer, offset, length);
    }

    /** As {@link #read(byte[], int, int)}, of at least one byte. */
    abstract int decode(byte[] buffer, int offset, int length) throws IOException;
}
