package io.threadstore.compression;

import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Decodes gzip (RFC 1952). A source is one or more members; zero bytes after the last member are padding. Unlike
 * {@link java.util.zip.GZIPInputStream} this decoder never asks the source what is available: it ends where the
 * source ends. It also checks the header's checksum and rejects reserved flags and bytes that belong to no member.
 *
 * <p>Memory: 64 KiB and zlib's window. Close it to release them; the source stays open.
 */
public final class GzipDecoder extends DecodedStream {

    private static final int FLAG_HEADER_CRC = 1 << 1;
    private static final int FLAG_EXTRA = 1 << 2;
    private static final int FLAG_NAME = 1 << 3;
    private static final int FLAG_COMMENT = 1 << 4;
    private static final int RESERVED_FLAGS = 0b1110_0000;

    private final SourceBuffer source;
    private final Inflater inflater = new Inflater(true);
    private final CRC32 headerCrc = new CRC32();
    private final CRC32 crc = new CRC32();
    private long members;
    private boolean isInMember;
    private boolean isEnded;

    public GzipDecoder(InputStream in) {
        this.source = new SourceBuffer(in);
    }

    @Override
    int decode(byte[] buffer, int offset, int length) throws IOException {
        while (isInMember || beginMember()) {
            var count = inflate(buffer, offset, length);
            if (count > 0) {
                crc.update(buffer, offset, count);
                return count;
            }
            if (inflater.finished()) {
                endMember();
            }
        }
        return -1;
    }

    private int inflate(byte[] buffer, int offset, int length) throws IOException {
        if (inflater.needsInput() && !inflater.finished()) {
            source.requireMore();
            inflater.setInput(source.bytes(), source.position(), source.end() - source.position());
            source.moveTo(source.end());
        }
        try {
            return inflater.inflate(buffer, offset, length);
        } catch (DataFormatException e) {
            throw new CorruptDataException("its data is damaged");
        }
    }

    private boolean beginMember() throws IOException {
        if (isEnded) {
            return false;
        }
        if (members > 0) {
            var next = source.read();
            if (next <= 0) {
                requirePadding(next);
                isEnded = true;
                return false;
            }
            source.moveTo(source.position() - 1);
        }
        readHeader();
        members++;
        isInMember = true;
        return true;
    }

    private void requirePadding(int first) throws IOException {
        var next = first;
        while (next == 0) {
            next = source.read();
        }
        if (next > 0) {
            throw new CorruptDataException("other bytes follow its last member");
        }
    }

    private void readHeader() throws IOException {
        headerCrc.reset();
        if (headerByte() != 0x1f || headerByte() != 0x8b) {
            throw new CorruptDataException(members == 0 ? "it has no header" : "other bytes follow its last member");
        }
        if (headerByte() != 8) {
            throw new CorruptDataException("its compression method is unknown");
        }
        var flags = headerByte();
        if ((flags & RESERVED_FLAGS) != 0) {
            throw new CorruptDataException("its header has reserved flags");
        }
        // the modification time, 4 bytes; the extra flags; the operating system
        skipHeader(6);
        if ((flags & FLAG_EXTRA) != 0) {
            skipHeader(headerByte() | headerByte() << 8);
        }
        if ((flags & FLAG_NAME) != 0) {
            skipHeaderText();
        }
        if ((flags & FLAG_COMMENT) != 0) {
            skipHeaderText();
        }
        if ((flags & FLAG_HEADER_CRC) != 0) {
            var computed = headerCrc.getValue() & 0xffff;
            if (source.requireNumber(2) != computed) {
                throw new CorruptDataException("its header is damaged");
            }
        }
    }

    private int headerByte() throws IOException {
        var next = source.require();
        headerCrc.update(next);
        return next;
    }

    private void skipHeader(int length) throws IOException {
        for (var i = 0; i < length; i++) {
            headerByte();
        }
    }

    private void skipHeaderText() throws IOException {
        while (headerByte() != 0) {
            // up to the zero byte
        }
    }

    private void endMember() throws IOException {
        source.moveTo(source.end() - inflater.getRemaining());
        if (source.requireNumber(4) != crc.getValue()) {
            throw new CorruptDataException("its checksum is wrong");
        }
        if (source.requireNumber(4) != (inflater.getBytesWritten() & 0xffff_ffffL)) {
            throw new CorruptDataException("its length is wrong");
        }
        inflater.reset();
        crc.reset();
        isInMember = false;
    }

    @Override
    public void close() {
        inflater.end();
    }
}
