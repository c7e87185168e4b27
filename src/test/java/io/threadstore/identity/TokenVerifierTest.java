package io.threadstore.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.jwt.build.Jwt;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Clock;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where keys may come from besides an issuer's metadata, which {@link AuthenticationTest} shows. */
class TokenVerifierTest {

    @TempDir
    Path directory;

    private final KeyPair rsa = keys("RSA");
    private @Nullable IssuerKeys keys;

    @AfterEach
    void stopFetching() {
        if (keys != null) {
            keys.stop();
        }
    }

    @Test
    void publicKeyInAFile() throws Exception {
        var verifier = verifier(
                Map.of("threadstore.auth.key-file", pem(rsa.getPublic()).toString()));

        assertThat(verifier.verify(token().jws().sign(rsa.getPrivate()))
                        .path("sub")
                        .asText())
                .isEqualTo("bob");
        // a key id says nothing where there is one key
        verifier.verify(token().jws().keyId("any").sign(rsa.getPrivate()));
        assertThatThrownBy(() -> verifier.verify(token().jws().sign(keys("RSA").getPrivate())))
                .isInstanceOfSatisfying(
                        ThreadStoreException.class,
                        refusal -> assertThat(refusal.kind()).isEqualTo(ErrorKind.UNAUTHENTICATED));
    }

    /** {@code iat} is optional (RFC 7519, 4.1.6); {@code exp} is not, because a token without an end would never be gone. */
    @Test
    void timesThatATokenMustHave() throws Exception {
        var verifier = verifier(
                Map.of("threadstore.auth.key-file", pem(rsa.getPublic()).toString()));
        var now = System.currentTimeMillis() / 1000;

        verifier.verify(compact("{\"iss\":\"https://me\",\"aud\":\"us\",\"sub\":\"bob\",\"exp\":" + (now + 60) + "}"));
        verifier.verify(compact(
                "{\"iss\":\"https://me\",\"aud\":[\"us\",\"others\"],\"sub\":\"bob\",\"exp\":" + (now + 60) + "}"));
        assertThatThrownBy(() -> verifier.verify(compact("{\"iss\":\"https://me\",\"aud\":\"us\",\"sub\":\"bob\"}")))
                .hasMessage("the token never expires");
        assertThatThrownBy(
                        () -> verifier.verify(compact("{\"iss\":\"https://me\",\"aud\":\"us\",\"sub\":\"bob\",\"exp\":"
                                + (now + 60) + ",\"nbf\":" + (now + 50) + "}")))
                .hasMessage("the token is not valid yet");
    }

    private String compact(String claims) throws Exception {
        var encoder = Base64.getUrlEncoder().withoutPadding();
        var content = encoder.encodeToString("{\"alg\":\"RS256\"}".getBytes(java.nio.charset.StandardCharsets.UTF_8))
                + "." + encoder.encodeToString(claims.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        var signature = java.security.Signature.getInstance("SHA256withRSA");
        signature.initSign(rsa.getPrivate());
        signature.update(content.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        return content + "." + encoder.encodeToString(signature.sign());
    }

    @Test
    void ellipticCurveKeyInAFile() throws Exception {
        var curve = keys("EC");
        var verifier = verifier(
                Map.of("threadstore.auth.key-file", pem(curve.getPublic()).toString()));

        verifier.verify(token().jws()
                .algorithm(io.smallrye.jwt.algorithm.SignatureAlgorithm.ES256)
                .sign(curve.getPrivate()));
    }

    @Test
    void keySetInAFile() throws Exception {
        var key = PublicJsonWebKey.Factory.newPublicJwk((RSAPublicKey) rsa.getPublic());
        key.setKeyId("one");
        var file = Files.writeString(
                directory.resolve("keys.json"),
                new JsonWebKeySet(key).toJson(JsonWebKey.OutputControlLevel.PUBLIC_ONLY));
        var verifier = verifier(Map.of("threadstore.auth.key-file", file.toString()));

        verifier.verify(token().jws().keyId("one").sign(rsa.getPrivate()));
        assertThatThrownBy(() -> verifier.verify(token().jws().keyId("two").sign(rsa.getPrivate())))
                .hasMessageContaining("token");
    }

    @Test
    void algorithmThatIsNotTaken() throws Exception {
        var verifier = verifier(Map.of(
                "threadstore.auth.key-file", pem(rsa.getPublic()).toString(), "threadstore.auth.algorithms", "PS256"));

        assertThatThrownBy(() -> verifier.verify(token().jws().sign(rsa.getPrivate())))
                .hasMessageContaining("algorithm");
        verifier.verify(token().jws()
                .algorithm(io.smallrye.jwt.algorithm.SignatureAlgorithm.PS256)
                .sign(rsa.getPrivate()));
    }

    @Test
    void keysThatCantBeFetchedAreNoFaultOfTheToken() {
        var verifier = verifier(Map.of("threadstore.auth.jwks-url", "http://127.0.0.1:1/keys"));

        assertThatThrownBy(() -> verifier.verify(token().jws().keyId("one").sign(rsa.getPrivate())))
                .isInstanceOfSatisfying(
                        ThreadStoreException.class,
                        refusal -> assertThat(refusal.kind()).isEqualTo(ErrorKind.UNAVAILABLE));
    }

    private static io.smallrye.jwt.build.JwtClaimsBuilder token() {
        return Jwt.claims().issuer("https://me").audience("us").subject("bob").expiresIn(60);
    }

    private TokenVerifier verifier(Map<String, String> properties) {
        var settings = settings(properties);
        keys = new IssuerKeys(settings, new IssuerDiscovery(new ObjectMapper()));
        var verifier = new TokenVerifier(settings, keys, Clock.systemUTC());
        verifier.prepare(new StartupEvent());
        return verifier;
    }

    /** Settings for the issuer {@code https://me} and the audience {@code us}, unless the properties say otherwise. */
    static AuthSettings settings(Map<String, String> properties) {
        var all = new HashMap<>(Map.of("threadstore.auth.issuer", "https://me", "threadstore.auth.audience", "us"));
        all.putAll(properties);
        return new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withMapping(AuthSettings.class)
                .withSources(new PropertiesConfigSource(all, "test", 100))
                .build()
                .getConfigMapping(AuthSettings.class);
    }

    private Path pem(PublicKey key) throws IOException {
        var body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key.getEncoded());
        return Files.writeString(
                directory.resolve("key.pem"), "-----BEGIN PUBLIC KEY-----\n" + body + "\n-----END PUBLIC KEY-----\n");
    }

    private static KeyPair keys(String algorithm) {
        try {
            var generator = KeyPairGenerator.getInstance(algorithm);
            if (algorithm.equals("EC")) {
                generator.initialize(new ECGenParameterSpec("secp256r1"));
            } else {
                generator.initialize(2048);
            }
            return generator.generateKeyPair();
        } catch (java.security.GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
