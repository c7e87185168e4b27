package io.threadstore.testsupport;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** A connection of HTTP/2 by prior knowledge whose frames a test writes itself. */
public final class RawHttp2 implements AutoCloseable {

    public static final int DATA = 0;
    public static final int HEADERS = 1;
    public static final int PRIORITY = 2;
    public static final int RST_STREAM = 3;
    public static final int SETTINGS = 4;
    public static final int PING = 6;
    public static final int GOAWAY = 7;
    public static final int WINDOW_UPDATE = 8;
    public static final int CONTINUATION = 9;

    private static final byte INITIAL_WINDOW_SIZE = 4;

    public static final int END_STREAM = 1;
    public static final int END_HEADERS = 4;
    public static final int ACK = 1;

    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final Socket socket;
    private final DataInputStream in;

    public RawHttp2(String host, int port) throws IOException {
        socket = new Socket(host, port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(20_000);
        in = new DataInputStream(socket.getInputStream());
        socket.getOutputStream().write(PREFACE);
        send(SETTINGS, 0, 0);
    }

    /** One frame as it came. */
    public record Frame(int type, int flags, int stream, byte[] payload) {

        /** The error code of GOAWAY or RST_STREAM. */
        public int error() {
            return ByteBuffer.wrap(payload).getInt(type == GOAWAY ? 4 : 0);
        }

        public boolean isEnd() {
            return (type == DATA || type == HEADERS) && (flags & END_STREAM) != 0;
        }
    }

    public void send(int type, int flags, int stream, byte... payload) throws IOException {
        socket.getOutputStream().write(frame(type, flags, stream, payload));
    }

    public void sendBytes(byte... bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    public static byte[] frame(int type, int flags, int stream, byte... payload) {
        return ByteBuffer.allocate(9 + payload.length)
                .put((byte) (payload.length >> 16))
                .putShort((short) payload.length)
                .put((byte) type)
                .put((byte) flags)
                .putInt(stream)
                .put(payload)
                .array();
    }

    /** A header block: literals without indexing or Huffman codes. Names and values by turns. */
    public static byte[] block(String... headers) {
        var block = new ByteArrayOutputStream();
        for (var i = 0; i < headers.length; i += 2) {
            block.write(0);
            for (var text : new String[] {headers[i], headers[i + 1]}) {
                var bytes = text.getBytes(StandardCharsets.ISO_8859_1);
                writeLength(block, bytes.length);
                block.writeBytes(bytes);
            }
        }
        return block.toByteArray();
    }

    /** An integer with a prefix of seven bits (RFC 7541, 5.1). */
    private static void writeLength(ByteArrayOutputStream block, int length) {
        if (length < 127) {
            block.write(length);
            return;
        }
        block.write(127);
        var rest = length - 127;
        for (; rest >= 128; rest >>= 7) {
            block.write(rest & 127 | 128);
        }
        block.write(rest);
    }

    /** From now on no stream may send a byte before it is given a window. */
    public void withoutWindow() throws IOException {
        send(SETTINGS, 0, 0, (byte) 0, INITIAL_WINDOW_SIZE, (byte) 0, (byte) 0, (byte) 0, (byte) 0);
    }

    /** Sends a whole GET. */
    public void get(int stream, String path, String... more) throws IOException {
        var block = new ByteArrayOutputStream();
        block.writeBytes(block(":method", "GET", ":scheme", "http", ":path", path));
        block.writeBytes(block(more));
        send(HEADERS, END_STREAM | END_HEADERS, stream, block.toByteArray());
    }

    /** The next frame; null at the end of the connection. */
    public Frame next() throws IOException {
        try {
            var length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
            var type = in.readUnsignedByte();
            var flags = in.readUnsignedByte();
            var stream = in.readInt();
            return new Frame(type, flags, stream, in.readNBytes(length));
        } catch (EOFException e) {
            return null;
        }
    }

    /** The next frame of this type; null if the connection ends before. */
    public Frame await(int type) throws IOException {
        for (var frame = next(); frame != null; frame = next()) {
            if (frame.type() == type) {
                return frame;
            }
        }
        return null;
    }

    /** What comes for a stream up to its end, headers and data, as text; bytes of HPACK among it. */
    public String response(int stream) throws IOException {
        var text = new StringBuilder();
        for (var frame = next(); frame != null; frame = next()) {
            if (frame.stream() != stream) {
                continue;
            }
            if (frame.type() == RST_STREAM) {
                return text + "RST " + frame.error();
            }
            if (frame.type() == DATA || frame.type() == HEADERS) {
                text.append(new String(frame.payload(), StandardCharsets.ISO_8859_1));
            }
            if (frame.isEnd()) {
                return text.toString();
            }
        }
        return text + "CLOSED";
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
