package io.threadstore.realcodex;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A certificate authority for one test, made with the JDK's keytool, and a server certificate that it has signed.
 *
 * @param certificate the authority's certificate, PEM
 * @param serverKeys the server's key and chain, PKCS 12
 * @param serverPort a free port to serve TLS on
 */
record TestAuthority(Path certificate, Path serverKeys, int serverPort) {

    private static final String PASSWORD = "only-for-this-test";

    static TestAuthority in(Path directory) throws IOException, InterruptedException {
        var authority = directory.resolve("authority.p12");
        var server = directory.resolve("server.p12");
        var certificate = directory.resolve("authority.pem");
        var request = directory.resolve("server.csr");
        var signed = directory.resolve("server.pem");
        var on = "-keystore";
        keytool(on, authority, "-genkeypair", "-alias", "ca", "-keyalg", "EC", "-dname", "CN=Test CA", "-ext", "bc:c");
        keytool(on, authority, "-exportcert", "-alias", "ca", "-rfc", "-file", certificate);
        keytool(on, server, "-genkeypair", "-alias", "server", "-keyalg", "EC", "-dname", "CN=localhost");
        keytool(on, server, "-certreq", "-alias", "server", "-file", request);
        var names = "san=dns:localhost,ip:127.0.0.1";
        keytool(
                on,
                authority,
                "-gencert",
                "-alias",
                "ca",
                "-rfc",
                "-ext",
                names,
                "-infile",
                request,
                "-outfile",
                signed);
        keytool(on, server, "-importcert", "-noprompt", "-alias", "ca", "-file", certificate);
        keytool(on, server, "-importcert", "-alias", "server", "-file", signed);
        try (var socket = new ServerSocket(0)) {
            return new TestAuthority(certificate, server, socket.getLocalPort());
        }
    }

    /** What makes the service serve TLS with the certificate. */
    String[] serverArguments() {
        return new String[] {
            "-Dquarkus.tls.key-store.p12.path=" + serverKeys,
            "-Dquarkus.tls.key-store.p12.password=" + PASSWORD,
            "-Dquarkus.tls.key-store.p12.alias=server",
            "-Dquarkus.tls.key-store.p12.alias-password=" + PASSWORD,
            "-Dquarkus.http.ssl-port=" + serverPort
        };
    }

    private static void keytool(Object... arguments) throws IOException, InterruptedException {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        for (var argument : arguments) {
            command.add(argument.toString());
        }
        command.addAll(List.of("-storepass", PASSWORD));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var said = new String(process.getInputStream().readAllBytes());
        if (!process.waitFor(1, TimeUnit.MINUTES) || process.exitValue() != 0) {
            throw new AssertionError(command + ": " + said);
        }
    }
}
