package io.threadstore.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.jwt.build.Jwt;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.testsupport.TestIssuer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.interfaces.RSAPublicKey;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How keys get here from an issuer that answers, lies, changes its keys or hangs. */
class IssuerKeysTest {

    private final KeyPair first = TestIssuer.generate();
    private final KeyPair second = TestIssuer.generate();
    private final AtomicInteger fetched = new AtomicInteger();
    private final CountDownLatch goOn = new CountDownLatch(1);

    private volatile boolean hangs;
    private volatile String named;
    private volatile String jwks;
    private HttpServer server;
    private String issuer;
    private @Nullable IssuerKeys keys;

    @BeforeEach
    void startIssuer() throws Exception {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        issuer = "http://127.0.0.1:" + server.getAddress().getPort() + "/me";
        named = issuer;
        jwks = jwks("one", first);
        server.createContext(
                "/me/.well-known/openid-configuration",
                exchange -> answer(exchange, "{\"issuer\":\"" + named + "\",\"jwks_uri\":\"" + issuer + "/keys\"}"));
        server.createContext("/me/keys", exchange -> {
            fetched.incrementAndGet();
            answer(exchange, jwks);
        });
        server.setExecutor(Executors.newCachedThreadPool());
        server.start();
    }

    @AfterEach
    void stopAll() {
        goOn.countDown();
        if (keys != null) {
            keys.stop();
        }
        server.stop(0);
    }

    @Test
    void keyThatIsNew_isRejectedOnceAndKnownSoon() throws Exception {
        var verifier = verifierWithKeys(Map.of());
        jwks = jwks("two", second);

        assertRejected(verifier, token("two", second), ErrorKind.UNAUTHENTICATED);

        await(() -> verifier.verify(token("two", second)));
        assertRejected(verifier, token("one", first), ErrorKind.UNAUTHENTICATED);
    }

    @Test
    void keysThatAreUnknown_areFetchedOncePerInterval() throws Exception {
        var verifier = verifierWithKeys(Map.of("threadstore.auth.keys-min-interval", "20s"));
        var token = token("none", second);
        var before = fetched.get();

        for (var i = 0; i < 100; i++) {
            assertRejected(verifier, token, ErrorKind.UNAUTHENTICATED);
        }
        TimeUnit.MILLISECONDS.sleep(300);

        assertThat(fetched).hasValue(before);
    }

    @Test
    void issuerThatHangs_delaysNobody() throws Exception {
        var verifier = verifierWithKeys(Map.of("threadstore.auth.keys-min-interval", "1ms"));
        hangs = true;
        var known = token("one", first);
        var unknown = token("unknown", second);

        var began = System.nanoTime();
        for (var i = 0; i < 20; i++) {
            verifier.verify(known);
            assertRejected(verifier, unknown, ErrorKind.UNAUTHENTICATED);
        }

        // one wait for the issuer alone would take two seconds
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(2));
    }

    @Test
    void issuerThatHangsAtStart_isUnavailableUntilItAnswers() throws Exception {
        hangs = true;
        var began = System.nanoTime();
        var verifier = verifier(Map.of("threadstore.auth.keys-min-interval", "100ms"));
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(4));

        began = System.nanoTime();
        assertRejected(verifier, token("one", first), ErrorKind.UNAVAILABLE);
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(1));

        hangs = false;
        await(() -> verifier.verify(token("one", first)));
    }

    @Test
    void metadataOfAnotherIssuer_isNotUsed() {
        for (var other : new String[] {"https://elsewhere.example", issuer + "/", ""}) {
            named = other;
            var verifier = verifier(Map.of());

            assertRejected(verifier, token("one", first), ErrorKind.UNAVAILABLE);
        }
        assertThat(fetched).hasValue(0);
    }

    @Test
    void keySetThatIsTooLong_isNotUsed() {
        jwks = jwks.replaceFirst("\\{", "{\"x\":\"" + "x".repeat(1024 * 1024) + "\",");

        assertRejected(verifier(Map.of()), token("one", first), ErrorKind.UNAVAILABLE);
    }

    @Test
    void keysThatWereFetched_areUsedWhileTheIssuerIsAway() throws Exception {
        var verifier = verifierWithKeys(
                Map.of("threadstore.auth.keys-min-interval", "10ms", "threadstore.auth.keys-refresh", "10ms"));
        for (var broken : new String[] {"", "{}", "{\"keys\":[]}", "[".repeat(10_000)}) {
            jwks = broken;
            var before = fetched.get();
            await(() -> assertThat(fetched.get()).isGreaterThan(before + 1));

            verifier.verify(token("one", first));
        }
        jwks = jwks("two", second);

        await(() -> verifier.verify(token("two", second)));
    }

    @Test
    void publicKeyBehindAUrl_isUsed() throws Exception {
        jwks = "-----BEGIN PUBLIC KEY-----\n"
                + java.util.Base64.getMimeEncoder()
                        .encodeToString(first.getPublic().getEncoded())
                + "\n-----END PUBLIC KEY-----\n";
        var verifier = verifier(Map.of("threadstore.auth.jwks-url", issuer + "/keys"));

        await(() -> verifier.verify(token("any", first)));
        assertRejected(verifier, token("any", second), ErrorKind.UNAUTHENTICATED);
    }

    /** On a busy machine an answer may take longer than the verifier waits for it at its start. */
    private TokenVerifier verifierWithKeys(Map<String, String> properties) throws InterruptedException {
        var verifier = verifier(properties);
        var token = token("one", first);
        await(() -> verifier.verify(token));
        return verifier;
    }

    private TokenVerifier verifier(Map<String, String> properties) {
        if (keys != null) {
            keys.stop();
        }
        var all = new HashMap<>(Map.of("threadstore.auth.keys-min-interval", "100ms"));
        all.putAll(properties);
        all.put("threadstore.auth.issuer", issuer);
        var settings = TokenVerifierTest.settings(all);
        keys = new IssuerKeys(settings, new IssuerDiscovery(new ObjectMapper()));
        var verifier = new TokenVerifier(settings, keys, Clock.systemUTC());
        verifier.prepare(new StartupEvent());
        return verifier;
    }

    private String token(String keyId, KeyPair pair) {
        return Jwt.claims()
                .issuer(issuer)
                .audience("us")
                .subject("bob")
                .expiresIn(60)
                .jws()
                .keyId(keyId)
                .sign(pair.getPrivate());
    }

    private static String jwks(String keyId, KeyPair pair) throws Exception {
        var key = PublicJsonWebKey.Factory.newPublicJwk((RSAPublicKey) pair.getPublic());
        key.setKeyId(keyId);
        return new JsonWebKeySet(key).toJson(JsonWebKey.OutputControlLevel.PUBLIC_ONLY);
    }

    private static void assertRejected(TokenVerifier verifier, String token, ErrorKind kind) {
        assertThatThrownBy(() -> verifier.verify(token))
                .isInstanceOfSatisfying(
                        ThreadStoreException.class,
                        refusal -> assertThat(refusal.kind()).isEqualTo(kind));
    }

    private static void await(Runnable condition) throws InterruptedException {
        var deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (true) {
            try {
                condition.run();
                return;
            } catch (RuntimeException | AssertionError e) {
                if (System.nanoTime() > deadline) {
                    throw e;
                }
                TimeUnit.MILLISECONDS.sleep(20);
            }
        }
    }

    private void answer(HttpExchange exchange, String body) throws IOException {
        try {
            if (hangs) {
                goOn.await();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        var bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }
}
