package io.threadstore.process;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A way to a server that can be cut: connections in use are broken, new ones refused. */
final class TcpProxy implements AutoCloseable {

    private final String host;
    private final int target;
    private final int port;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private ServerSocket listener;

    TcpProxy(String host, int target) throws IOException {
        this.host = host;
        this.target = target;
        this.listener = listen(0);
        this.port = listener.getLocalPort();
    }

    int port() {
        return port;
    }

    void cut() throws IOException {
        listener.close();
        for (var socket : open) {
            socket.close();
        }
        open.clear();
    }

    void mend() throws IOException {
        listener = listen(port);
    }

    private ServerSocket listen(int onPort) throws IOException {
        var socket = new ServerSocket();
        socket.setReuseAddress(true);
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), onPort));
        daemon(() -> accept(socket));
        return socket;
    }

    private void accept(ServerSocket from) {
        try {
            while (true) {
                var client = from.accept();
                var server = new Socket(host, target);
                open.add(client);
                open.add(server);
                daemon(() -> copy(client, server));
                daemon(() -> copy(server, client));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private static void copy(Socket from, Socket to) {
        try (InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream()) {
            in.transferTo(out);
        } catch (IOException e) {
            // one side has gone
        }
    }

    private static void daemon(Runnable work) {
        var thread = new Thread(work, "proxy");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        cut();
    }
}
