package io.threadstore.benchmark;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Reads a streamed answer to its end again and again, on one connection, and throws it away. */
final class HistoryReader implements BlockingLoad.Client {

    private final Socket socket;
    private final InputStream in;
    private final byte[] request;
    private final long atLeastBytes;
    private final byte[] buffer = new byte[256 * 1024];
    private int position;
    private int end;

    /** @param atLeastBytes how long an answer is at the least; a shorter one is an error */
    HistoryReader(Stage stage, String path, long atLeastBytes) throws IOException {
        this.socket = new Socket("127.0.0.1", stage.port());
        this.in = socket.getInputStream();
        this.request = ("GET " + path + " HTTP/1.1\r\nHost: benchmark\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
        this.atLeastBytes = atLeastBytes;
    }

    @Override
    public void doOnce() throws IOException {
        socket.getOutputStream().write(request);
        if (!line().startsWith("HTTP/1.1 200")) {
            throw new IOException("refused");
        }
        var isChunked = false;
        for (var header = line(); !header.isEmpty(); header = line()) {
            isChunked |= header.toLowerCase(Locale.ROOT).equals("transfer-encoding: chunked");
        }
        if (!isChunked) {
            throw new IOException("an answer that is not streamed");
        }
        var total = 0L;
        for (var size = chunkSize(); size > 0; size = chunkSize()) {
            skip(size);
            total += size;
            line();
        }
        line();
        if (total < atLeastBytes) {
            throw new IOException("an answer of " + total + " bytes");
        }
    }

    private int chunkSize() throws IOException {
        return Integer.parseInt(line(), 16);
    }

    private String line() throws IOException {
        var line = new StringBuilder();
        for (var b = read(); b != '\n'; b = read()) {
            if (b != '\r') {
                line.append((char) b);
            }
        }
        return line.toString();
    }

    private byte read() throws IOException {
        if (position == end) {
            fill();
        }
        return buffer[position++];
    }

    private void skip(int count) throws IOException {
        for (var left = count; left > 0; ) {
            if (position == end) {
                fill();
            }
            var here = Math.min(left, end - position);
            position += here;
            left -= here;
        }
    }

    private void fill() throws IOException {
        position = 0;
        end = in.read(buffer);
        if (end < 0) {
            throw new EOFException("the service closed the connection");
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
