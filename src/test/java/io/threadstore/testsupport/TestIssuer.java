package io.threadstore.testsupport;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.smallrye.jwt.build.Jwt;
import io.smallrye.jwt.build.JwtClaimsBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.interfaces.RSAPublicKey;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** A small OpenID Connect issuer: metadata, a JWK set, and tokens. The service under test takes its tokens for the audience {@link #AUDIENCE}. */
public final class TestIssuer implements QuarkusTestResourceLifecycleManager {

    public static final String AUDIENCE = "threadstore-tests";
    private static final String KEY_ID = "test-key";
    private static final KeyPair KEYS = generate();

    private static final AtomicInteger KEYS_FETCHED = new AtomicInteger();

    private static String issuer;
    private HttpServer server;

    /** A valid token of this tenant with these scopes, of the subject {@code alice}. */
    public static String token(String tenant, String... scopes) {
        return sign(claims(tenant, scopes));
    }

    /** The claims of a valid token, to be changed before they are signed. */
    public static JwtClaimsBuilder claims(String tenant, String... scopes) {
        return Jwt.claims()
                .issuer(issuer)
                .audience(AUDIENCE)
                .subject("alice")
                .claim("tenant", tenant)
                .claim("scope", String.join(" ", scopes))
                .expiresIn(300);
    }

    public static String sign(JwtClaimsBuilder claims) {
        return claims.jws().keyId(KEY_ID).sign(KEYS.getPrivate());
    }

    /** How often somebody has asked for the keys. */
    public static int keysFetched() {
        return KEYS_FETCHED.get();
    }

    public static KeyPair keys() {
        return KEYS;
    }

    public static KeyPair generate() {
        try {
            var generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public Map<String, String> start() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        issuer = "http://127.0.0.1:" + server.getAddress().getPort() + "/realms/test";
        server.createContext(
                "/realms/test/.well-known/openid-configuration",
                exchange -> answer(exchange, Map.of("issuer", issuer, "jwks_uri", issuer + "/keys")));
        server.createContext("/realms/test/keys", exchange -> {
            KEYS_FETCHED.incrementAndGet();
            answer(exchange, Map.of("keys", List.of(jwk())));
        });
        server.start();
        return Map.of("threadstore.auth.issuer", issuer, "threadstore.auth.audience", AUDIENCE);
    }

    @Override
    public void stop() {
        if (server != null) {
            server.stop(0);
        }
    }

    private static Map<String, String> jwk() {
        var key = (RSAPublicKey) KEYS.getPublic();
        return Map.of(
                "kty",
                "RSA",
                "use",
                "sig",
                "alg",
                "RS256",
                "kid",
                KEY_ID,
                "n",
                base64(key.getModulus()),
                "e",
                base64(key.getPublicExponent()));
    }

    private static String base64(BigInteger number) {
        var bytes = number.toByteArray();
        var unsigned = bytes[0] == 0 ? Arrays.copyOfRange(bytes, 1, bytes.length) : bytes;
        return Base64.getUrlEncoder().withoutPadding().encodeToString(unsigned);
    }

    private static void answer(HttpExchange exchange, Object body) throws IOException {
        var json = new ObjectMapper().writeValueAsString(body).getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, json.length);
        exchange.getResponseBody().write(json);
        exchange.close();
    }
}
