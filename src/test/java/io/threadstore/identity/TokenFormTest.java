package io.threadstore.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.runtime.StartupEvent;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.testsupport.TestIssuer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.Signature;
import java.time.Clock;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Signed tokens of every form, and the entries that they take in the cache. */
class TokenFormTest {

    private static final KeyPair KEYS = TestIssuer.generate();
    private static final String HEADER = "\"alg\":\"RS256\"";
    private static final String CLAIMS = "\"iss\":\"https://me\",\"aud\":\"us\",\"sub\":\"bob\",\"tenant\":\"acme\"";

    @TempDir
    static Path directory;

    private Doorman doorman;
    private String expiry;

    @BeforeEach
    void takeTokensOfOneKey() throws Exception {
        var pem = "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder().encodeToString(KEYS.getPublic().getEncoded())
                + "\n-----END PUBLIC KEY-----\n";
        var file = Files.writeString(directory.resolve("key.pem"), pem);
        var settings = TokenVerifierTest.settings(Map.of("threadstore.auth.key-file", file.toString()));
        var keys = new IssuerKeys(settings, new IssuerDiscovery(new ObjectMapper()));
        var tokens = new TokenVerifier(settings, keys, Clock.systemUTC());
        tokens.prepare(new StartupEvent());
        doorman = new Doorman(settings, tokens, Clock.systemUTC());
        expiry = ",\"exp\":" + (System.currentTimeMillis() / 1000 + 60);
    }

    @ParameterizedTest
    @ValueSource(strings = {"JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt", "application/JWT"})
    void typ_ofAccessTokens_isAccepted(String type) throws Exception {
        assertThat(identify(HEADER + ",\"typ\":\"" + type + "\"", CLAIMS + expiry)
                        .caller()
                        .tenant())
                .isEqualTo("acme");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"typ\":\"id+jwt\"",
                "\"typ\":\"dpop+jwt\"",
                "\"typ\":\"logout+jwt\"",
                "\"typ\":\"application/secevent+jwt\"",
                "\"typ\":\"\"",
                "\"typ\":null",
                "\"typ\":[\"JWT\"]",
                "\"crit\":[]",
                "\"crit\":[\"exp\"]",
                "\"crit\":[\"b64\"],\"b64\":true",
                "\"crit\":null",
                "\"kid\":7",
                "\"alg\":\"RS256\""
            })
    void header_ofAnotherForm_isUnauthenticated(String member) {
        assertUnauthenticated(HEADER + "," + member, CLAIMS + expiry);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"cnf\":{\"jkt\":\"x\"}",
                "\"cnf\":{\"x5t#S256\":\"x\"}",
                "\"cnf\":null",
                "\"scope\":{\"threads:read\":true}",
                "\"scope\":7",
                "\"scp\":[\"threads:read\",{\"a\":1}]",
                "\"scp\":[[\"threads:read\"]]",
                "\"nbf\":\"soon\"",
                "\"nbf\":1e400",
                "\"iat\":{}",
                "\"x\":1,\"x\":2",
                "\"sub\":\"eve\""
            })
    void claims_ofAnotherForm_areUnauthenticated(String member) {
        assertUnauthenticated(HEADER, CLAIMS + expiry + "," + member);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"tenant\":[\"acme\"]", "\"tenant\":5", "\"tenant\":{\"id\":\"acme\"}"})
    void tenant_ofAnotherForm_isUnauthenticated(String member) {
        assertUnauthenticated(HEADER, "\"iss\":\"https://me\",\"aud\":\"us\",\"sub\":\"bob\"" + expiry + "," + member);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"4102444800\"", "null", "1e400", "-1", "[1]", "253402300800", "true"})
    void exp_ofAnotherForm_isUnauthenticated(String value) {
        assertUnauthenticated(HEADER, CLAIMS + ",\"exp\":" + value);
    }

    @Test
    void claims_thatNestDeeply_areUnauthenticated() {
        for (var depth : new int[] {70, 999, 1_000, 1_001, 5_000}) {
            assertUnauthenticated(HEADER, CLAIMS + expiry + ",\"x\":" + "[".repeat(depth) + "]".repeat(depth));
            assertUnauthenticated(
                    HEADER, CLAIMS + expiry + ",\"x\":" + "{\"a\":".repeat(depth) + "1" + "}".repeat(depth));
            assertUnauthenticated(HEADER + ",\"x\":" + "[".repeat(depth) + "]".repeat(depth), CLAIMS + expiry);
        }
    }

    @Test
    void claims_withHugeNumbers_areUnauthenticated() {
        assertUnauthenticated(HEADER, CLAIMS + ",\"exp\":" + "9".repeat(900));
        assertUnauthenticated(HEADER, CLAIMS + ",\"exp\":" + "9".repeat(9_000));
        assertUnauthenticated(HEADER, CLAIMS + expiry + ",\"x\":1e" + "9".repeat(2_000));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "a.b", "a.b.c", "a.b.c.d", "a.b.c.d.e", "é.b.c", "e30.e30.e30"})
    void text_thatIsNoToken_isUnauthenticated(String token) {
        assertThatThrownBy(() -> doorman.identify("Bearer " + token)).satisfies(TokenFormTest::isUnauthenticated);
    }

    @Test
    void part_thatIsNoObject_isUnauthenticated() throws Exception {
        for (var part : new String[] {"[]", "7", "null", "\"x\"", "", "{} {}", "\u0000"}) {
            var header = encoded("{" + HEADER + "}");
            var token = "Bearer " + signed(header + "." + encoded(part));
            assertThatThrownBy(() -> doorman.identify(token)).satisfies(TokenFormTest::isUnauthenticated);
        }
    }

    /** Base64url has no padding in tokens (RFC 7515, 2), so each token has one spelling. */
    @Test
    void token_withPaddingInItsParts_isUnauthenticated() throws Exception {
        var token = token(HEADER, CLAIMS + expiry);

        assertThatThrownBy(() -> doorman.identify("Bearer " + token + "=")).satisfies(TokenFormTest::isUnauthenticated);
        assertThatThrownBy(() -> doorman.identify("Bearer " + token + "\n."))
                .satisfies(TokenFormTest::isUnauthenticated);
    }

    @Test
    void token_inTenThousandSpellings_isOneCacheEntry() throws Exception {
        var token = token(HEADER, CLAIMS + expiry + ",\"scope\":\"threads:write\"");

        for (var i = 0; i < 10_000; i++) {
            var scheme = i % 2 == 0 ? "Bearer " : "bEARER ";
            doorman.identify(scheme + " ".repeat(i % 100) + token + " ".repeat(i / 100));
        }

        assertThat(doorman.cachedTokens()).isEqualTo(1);
        assertThat(doorman.identify("BEARER    " + token).scopes()).containsExactly(Scope.WRITE);
    }

    @Test
    void cache_ofManyTokens_isBoundedInBytes() {
        var cache = new TokenCache(Clock.systemUTC());
        var identity =
                new Identity(new io.threadstore.platform.Caller("t".repeat(128), "s".repeat(255)), java.util.Set.of());

        for (var i = 0; i < 20_000; i++) {
            cache.put(TokenCache.keyOf("token-" + i), identity, Long.MAX_VALUE);
        }

        // 4 MiB of entries with 1,046 bytes each
        assertThat(cache.size()).isBetween(1_000L, 4_100L);
    }

    private Identity identify(String header, String claims) throws Exception {
        return doorman.identify("Bearer " + token(header, claims));
    }

    private void assertUnauthenticated(String header, String claims) {
        assertThatThrownBy(() -> identify(header, claims)).satisfies(TokenFormTest::isUnauthenticated);
    }

    private static void isUnauthenticated(Throwable failure) {
        assertThat(failure)
                .isInstanceOfSatisfying(
                        ThreadStoreException.class,
                        refusal -> assertThat(refusal.kind()).isEqualTo(ErrorKind.UNAUTHENTICATED));
    }

    private static String token(String header, String claims) throws Exception {
        return signed(encoded("{" + header + "}") + "." + encoded("{" + claims + "}"));
    }

    private static String signed(String content) throws Exception {
        var signature = Signature.getInstance("SHA256withRSA");
        signature.initSign(KEYS.getPrivate());
        signature.update(content.getBytes(StandardCharsets.US_ASCII));
        return content + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(signature.sign());
    }

    private static String encoded(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
