package io.threadstore.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.threadstore.testsupport.TestIssuer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a service may start. */
class DoorCheckTest {

    private static final String HOST = "quarkus.http.host";
    private static final String PROXY = "quarkus.http.proxy.";
    private static final List<String> SET = List.of(
            HOST,
            PROXY + "trusted-proxies",
            PROXY + "proxy-address-forwarding",
            PROXY + "enable-forwarded-host",
            PROXY + "enable-forwarded-prefix");

    private final Map<String, String> before = new HashMap<>();

    @BeforeEach
    void keepProperties() {
        SET.forEach(name -> before.put(name, System.clearProperty(name)));
    }

    @AfterEach
    void restoreProperties() {
        before.forEach((name, value) -> {
            System.clearProperty(name);
            if (value != null) {
                System.setProperty(name, value);
            }
        });
    }

    @Test
    void grpcComesThroughTheSameDoor() {
        assertThatThrownBy(() -> check(Map.of("quarkus.grpc.server.use-separate-server", "true")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("quarkus.grpc.server.use-separate-server");
    }

    @Test
    void configuredTenantsAreSuchAsTokensMayName() {
        check(Map.of("threadstore.grpc.tenant", "acme", "threadstore.grpc.hosts.\"codex.acme.example\"", "acme"));
        for (var name : List.of("threadstore.grpc.tenant", "threadstore.grpc.hosts.\"codex.acme.example\"")) {
            assertThatThrownBy(() -> check(Map.of(name, "x".repeat(129))))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining(name);
            assertThatThrownBy(() -> check(Map.of(name, "a\u2028b"))).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void keyFileMustHoldAKey(@TempDir Path directory) throws IOException {
        var file = directory.resolve("keys");
        var properties = Map.of(
                "threadstore.auth.issuer", "https://issuer.example",
                "threadstore.auth.audience", "threadstore",
                "threadstore.auth.key-file", file.toString());
        assertThatThrownBy(() -> check(properties))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(file.toString());
        var secret = "{\"keys\":[{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}]}";
        var broken = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----";
        for (var useless : List.of("", "hello", "{\"keys\":[]}", secret, broken)) {
            Files.writeString(file, useless);
            assertThatThrownBy(() -> check(properties))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("no key that can be read");
        }
        Files.writeString(
                file,
                "-----BEGIN PUBLIC KEY-----\n"
                        + Base64.getMimeEncoder()
                                .encodeToString(TestIssuer.keys().getPublic().getEncoded())
                        + "\n-----END PUBLIC KEY-----");
        check(properties);
    }

    @Test
    void audienceMustNotBeEmpty() {
        assertThatThrownBy(() -> check(Map.of(
                        "threadstore.auth.issuer", "https://issuer.example", "threadstore.auth.audience", "a, ,b")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("threadstore.auth.audience");
    }

    @Test
    void withoutAuthenticationItListensOnLoopback() {
        check(Map.of());
        assertThat(System.getProperty(HOST)).isEqualTo("127.0.0.1");
    }

    @Test
    void withoutAuthenticationItDoesNotListenWiderUnlessItIsToldSo() {
        assertThatThrownBy(() -> check(Map.of(HOST, "0.0.0.0")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("threadstore.auth.issuer")
                .hasMessageContaining("threadstore.auth.allow-anonymous=true");
        assertThatThrownBy(() -> check(Map.of(HOST, "192.0.2.1"))).isInstanceOf(IllegalStateException.class);

        check(Map.of(HOST, "localhost"));
        check(Map.of(HOST, "::1"));
        check(Map.of(HOST, "0.0.0.0", "threadstore.auth.allow-anonymous", "true"));
        check(Map.of("threadstore.auth.allow-anonymous", "true"));
        assertThat(System.getProperty(HOST)).isNull();
    }

    @Test
    void withAuthenticationItListensAnywhere() {
        check(Map.of(
                "threadstore.auth.issuer",
                "https://issuer.example",
                "threadstore.auth.audience",
                "us",
                HOST,
                "0.0.0.0"));
        assertThat(System.getProperty(HOST)).isNull();
    }

    @Test
    void tokensOfAnybodyOrForAnybodyAreNotToBeTaken() {
        assertThatThrownBy(() -> check(Map.of("threadstore.auth.issuer", "https://issuer.example")))
                .hasMessageContaining("threadstore.auth.audience");
        assertThatThrownBy(
                        () -> check(Map.of("threadstore.auth.key-file", "key.pem", "threadstore.auth.audience", "us")))
                .hasMessageContaining("threadstore.auth.issuer");
        assertThatThrownBy(() -> check(Map.of(
                        "threadstore.auth.issuer", "i",
                        "threadstore.auth.audience", "us",
                        "threadstore.auth.algorithms", "RS256,HS256")))
                .hasMessageContaining("HS256");
    }

    @Test
    void trustedProxiesAreBelievedAndNobodyElse() {
        check(Map.of("threadstore.trusted-proxies", "10.1.0.0/16"));

        assertThat(System.getProperty(PROXY + "trusted-proxies")).isEqualTo("10.1.0.0/16");
        assertThat(System.getProperty(PROXY + "proxy-address-forwarding")).isEqualTo("true");
        assertThat(System.getProperty(PROXY + "enable-forwarded-host")).isEqualTo("true");
        assertThat(System.getProperty(PROXY + "enable-forwarded-prefix")).isEqualTo("true");
    }

    @Test
    void whatWasSetInDetailStays() {
        check(Map.of("threadstore.trusted-proxies", "10.1.0.0/16", PROXY + "enable-forwarded-host", "false"));

        assertThat(System.getProperty(PROXY + "enable-forwarded-host")).isNull();
    }

    @Test
    void nobodyIsBelievedByDefaultAndNotEverybodyCanBe() {
        check(Map.of());
        assertThat(System.getProperty(PROXY + "proxy-address-forwarding")).isNull();

        assertThatThrownBy(() -> check(Map.of(PROXY + "proxy-address-forwarding", "true")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("threadstore.trusted-proxies");
        check(Map.of(PROXY + "proxy-address-forwarding", "true", PROXY + "trusted-proxies", "10.1.0.1"));
    }

    private static void check(Map<String, String> properties) {
        DoorCheck.make(new SmallRyeConfigBuilder()
                .withSources(new PropertiesConfigSource(properties, "test", 100))
                .build());
    }
}
