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
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A way to a server that can be cut (connections in use are broken, new ones refused), silenced (connections stay and new ones are taken, but nothing
 * passes), slowed down, and led elsewhere.
 */
public final class TcpProxy implements AutoCloseable {

    private final String host;
    private volatile int target;
    private volatile long delayMillis;
    private volatile boolean isSilent;
    private final int port;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private ServerSocket listener;

    public TcpProxy(String host, int target) throws IOException {
        this.host = host;
        this.target = target;
        this.listener = listen(0);
        this.port = listener.getLocalPort();
    }

    public int port() {
        return port;
    }

    public void cut() throws IOException {
        listener.close();
        for (var socket : open) {
            socket.close();
        }
        open.clear();
    }

    /** Where connections lead that are made from now on. */
    public void leadTo(int newTarget) {
        target = newTarget;
    }

    /** How long whatever comes is held back, either way. */
    public void delay(long millis) {
        delayMillis = millis;
    }

    public void cut(long millis) throws IOException, InterruptedException {
        cut();
        Thread.sleep(millis);
        mend();
    }

    /** Loses whatever comes, either way, as where a machine is gone or packets are dropped. Connections that lost something stay so. */
    public void silence(long millis) throws InterruptedException {
        isSilent = true;
        Thread.sleep(millis);
        isSilent = false;
    }

    /** How many connections are open to the server. */
    public int connections() {
        return open.size() / 2;
    }

    public void mend() throws IOException {
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
                connect(from.accept());
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void connect(Socket client) throws IOException {
        open.add(client);
        try {
            var server = new Socket(host, target);
            open.add(server);
            // what has lost something has lost all that follows
            var lost = new AtomicBoolean();
            daemon(() -> copy(client, server, lost));
            daemon(() -> copy(server, client, lost));
        } catch (IOException e) {
            // there is nobody, which the client is shown
            open.remove(client);
            client.close();
        }
    }

    private void copy(Socket from, Socket to, AtomicBoolean lost) {
        try (InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream()) {
            var some = new byte[16 * 1024];
            for (var count = in.read(some); count >= 0; count = in.read(some)) {
                if (delayMillis > 0) {
                    Thread.sleep(delayMillis);
                }
                if (isSilent) {
                    lost.set(true);
                }
                if (!lost.get()) {
                    out.write(some, 0, count);
                }
            }
        } catch (IOException e) {
            // one side has gone
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        open.remove(from);
        open.remove(to);
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
