package io.threadstore.testsupport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import io.grpc.Attributes;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.restassured.RestAssured;
import io.restassured.builder.RequestSpecBuilder;
import io.restassured.config.SSLConfig;
import io.threadstore.codex.proto.ThreadStoreGrpc;
import io.threadstore.codex.proto.ThreadStoreGrpc.ThreadStoreBlockingStub;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A running nginx with the configuration that is shipped in {@code deploy/gateway/nginx}. Where there is none, the test is skipped. */
public final class Nginx implements AutoCloseable {

    /** Whom the gateway says that it calls for, and so does nobody else: {@link #CLIENT} is not the address that nginx itself has. */
    public static final String CLIENT = "127.0.0.2";

    private static final Path SHIPPED = Path.of("deploy", "gateway");
    private static final String ALL = "threads:read threads:write threads:delete";
    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

    /** A service that believes what nginx tells it, as {@code threadstore.trusted-proxies} would have it. */
    public static final class Trusted implements QuarkusTestProfile {

        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "quarkus.http.proxy.trusted-proxies", "127.0.0.1",
                    "quarkus.http.proxy.proxy-address-forwarding", "true",
                    "quarkus.http.proxy.enable-forwarded-host", "true",
                    "quarkus.http.proxy.enable-forwarded-prefix", "true");
        }
    }

    private final int port;
    private final Path directory;
    private final Process process;
    private final KeyStore trust;

    private Nginx(String upstream, Map<String, String> settings) throws Exception {
        skipUnlessInstalled();
        directory = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "nginx");
        port = freePort();
        finish(new ProcessBuilder(SHIPPED.resolve("certificate").toString(), directory.toString()));
        trust = trusting(authority());
        var nginx = new ProcessBuilder(SHIPPED.resolve("nginx/run").toString());
        nginx.environment()
                .putAll(Map.of(
                        "RUN", directory.toString(),
                        "THREADSTORE_UPSTREAM", upstream,
                        "GATEWAY_PORT", Integer.toString(port),
                        "TLS_CERTIFICATE", directory.resolve("tls.crt").toString(),
                        "TLS_KEY", directory.resolve("tls.key").toString()));
        nginx.environment().putAll(settings);
        process = nginx.redirectErrorStream(true).redirectOutput(log().toFile()).start();
        awaitListening();
    }

    public static Nginx before(URI service) throws Exception {
        return before(upstream(service), Map.of());
    }

    /** Not by the name localhost, which may stand for two addresses, on one of which nothing listens. */
    public static String upstream(URI service) {
        return "127.0.0.1:" + service.getPort();
    }

    /**
     * Starts nginx in front of something.
     *
     * @param upstream its address and port
     * @param settings what else the configuration leaves open
     */
    public static Nginx before(String upstream, Map<String, String> settings) throws Exception {
        return new Nginx(upstream, settings);
    }

    /** The gateway's address, without the prefix. */
    public URI uri() {
        return URI.create("https://localhost:" + port);
    }

    /** Has REST Assured call the gateway, from {@link #CLIENT}, with a token of this tenant. */
    public void isCalledByRestAssured(String tenant) throws IOException {
        RestAssured.config =
                RestAssured.config().sslConfig(SSLConfig.sslConfig().trustStore(trust));
        call(uri(), "/threadstore", tenant);
    }

    /** Has REST Assured call the service itself, from {@link #CLIENT}, with a token of this tenant. */
    public static void isPassedByRestAssured(URI service, String tenant) throws IOException {
        call(service, "", tenant);
    }

    private static void call(URI server, String path, String tenant) throws IOException {
        RestAssured.baseURI = server.getScheme() + "://" + server.getHost();
        RestAssured.port = server.getPort();
        RestAssured.basePath = path;
        var http = RestAssured.config().getHttpClientConfig();
        RestAssured.config = RestAssured.config()
                .httpClient(http.setParam("http.route.local-address", InetAddress.getByName(CLIENT)));
        RestAssured.requestSpecification = null; // else it would go into the next one
        RestAssured.requestSpecification = new RequestSpecBuilder()
                .addHeader("Authorization", "Bearer " + TestIssuer.token(tenant, ALL))
                .build();
    }

    /** Undoes {@link #isCalledByRestAssured}. */
    public static void isCalledNoMore() {
        RestAssured.requestSpecification = null;
        RestAssured.reset();
    }

    /** A connection for gRPC, from {@link #CLIENT}. */
    public ManagedChannel channel() throws IOException {
        return NettyChannelBuilder.forAddress("localhost", port)
                .sslContext(GrpcSslContexts.forClient()
                        .trustManager(authority().toFile())
                        .build())
                .localSocketPicker(new NettyChannelBuilder.LocalSocketPicker() {
                    @Override
                    public InetSocketAddress createSocketAddress(SocketAddress remote, Attributes attributes) {
                        return new InetSocketAddress(CLIENT, 0);
                    }
                })
                .build();
    }

    /** The service as a client of this tenant calls it through a channel. */
    public static ThreadStoreBlockingStub stub(ManagedChannel channel, String tenant) {
        var headers = new Metadata();
        headers.put(AUTHORIZATION, "Bearer " + TestIssuer.token(tenant, ALL));
        return ThreadStoreGrpc.newBlockingStub(channel)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    /** What trusts the gateway's certificate. */
    public SSLContext tls() throws Exception {
        var managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trust);
        var context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        process.onExit().completeOnTimeout(process, 10, TimeUnit.SECONDS).join().destroyForcibly();
        try (var files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        }
    }

    private static void skipUnlessInstalled() {
        for (var tool : new String[] {"nginx", "envsubst", "openssl"}) {
            var isThere = Arrays.stream((System.getenv("PATH") + ":/usr/sbin").split(":"))
                    .anyMatch(folder -> Files.isExecutable(Path.of(folder, tool)));
            if (!isThere) {
                var reason = "skipped: there is no " + tool + " on the PATH, so nothing is tried through nginx";
                System.out.println(reason);
                abort(reason);
            }
        }
    }

    private Path authority() {
        return directory.resolve("ca.pem");
    }

    private Path log() {
        return directory.resolve("log");
    }

    private static KeyStore trusting(Path certificate) throws Exception {
        var store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (var in = Files.newInputStream(certificate)) {
            store.setCertificateEntry(
                    "ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        return store;
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static void finish(ProcessBuilder command) throws IOException, InterruptedException {
        var run = command.redirectErrorStream(true).start();
        var said = new String(run.getInputStream().readAllBytes());
        if (run.waitFor() != 0) {
            throw new AssertionError(command.command() + ": " + said);
        }
    }

    private void awaitListening() throws IOException, InterruptedException {
        var deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (true) {
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                assertThat(socket.isConnected()).isTrue();
                return;
            } catch (IOException e) {
                if (!process.isAlive() || System.nanoTime() > deadline) {
                    throw new AssertionError("nginx does not listen: " + Files.readString(log()), e);
                }
                TimeUnit.MILLISECONDS.sleep(20);
            }
        }
    }
}
