package io.threadstore.identity;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.ValidatableResponse;
import io.threadstore.testsupport.Items;
import io.threadstore.testsupport.Rest;
import io.threadstore.testsupport.TestDatabase;
import io.threadstore.testsupport.TestIssuer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gets in, and who does not. */
@QuarkusTest
@WithTestResource(TestDatabase.class)
@WithTestResource(TestIssuer.class)
class AuthenticationTest {

    private static final String ALL = "threads:read threads:write threads:delete";

    @Test
    void validTokenIsTakenAndItsSubjectIsOnRecord() {
        var token = TestIssuer.token("acme", ALL);
        var id = create(token);

        given().header("Authorization", "Bearer " + token)
                .contentType("application/merge-patch+json")
                .body("{\"name\":\"x\"}")
                .patch("/v1/threads/" + id)
                .then()
                .statusCode(200);
        get(token, "/v1/threads/" + id + "/metadata-patches")
                .statusCode(200)
                .body("patches[0].applied_by", equalTo("alice"));
        // the scheme is a word in any case (RFC 9110, 11.1)
        given().header("Authorization", "bearer " + token)
                .get("/v1/threads/" + id)
                .then()
                .statusCode(200);
    }

    /** Who was let in a moment ago is not asked again for everything, but neither for longer than the token lasts, nor for more than it grants. */
    @Test
    void tokenIsKnownAsLongAsItLastsAndForWhatItGrants() throws Exception {
        var id = create(TestIssuer.token("acme", ALL));
        // clocks may differ by 30 s
        var dying = TestIssuer.sign(TestIssuer.claims("acme", ALL)
                .issuedAt(Instant.now().minusSeconds(60))
                .expiresAt(Instant.now().minusSeconds(26)));
        append(dying, id).statusCode(200);
        append(dying, id).statusCode(200);
        var reader = TestIssuer.token("acme", "threads:read");
        get(reader, "/v1/threads/" + id).statusCode(200);
        append(reader, id).statusCode(403);
        append(TestIssuer.token("others", ALL), id).statusCode(404);

        TimeUnit.SECONDS.sleep(5);

        append(dying, id).statusCode(401);
    }

    private static ValidatableResponse append(String token, UUID id) {
        return Rest.json("{\"items\":[" + Items.agentMessage("said") + "]}")
                .header("Authorization", "Bearer " + token)
                .post("/v1/threads/" + id + "/items")
                .then();
    }

    @Test
    void withoutATokenNobodyGetsIn() {
        given().get("/v1/threads")
                .then()
                .statusCode(401)
                .contentType("application/problem+json")
                .header("WWW-Authenticate", equalTo("Bearer realm=\"threadstore\""))
                .body("code", equalTo("unauthenticated"));
        given().header("Authorization", "Basic YTpi").get("/v1/threads").then().statusCode(401);
        // a probe brings none
        given().get("/q/health/ready").then().statusCode(200);
    }

    /** Before anything is said of paths, methods and media types; and with a token the framework's own answer stays what it is. */
    @ParameterizedTest
    @CsvSource({
        "GET, /v1/nothing, application/json, 404",
        "PUT, /v1/threads, application/json, 405",
        "BREW, /v1/threads, application/json, 405",
        "GET, /v1/threads/%s/archive, application/json, 405",
        "GET, /v1/threads, text/html, 406",
        "OPTIONS, /v1/nothing, application/json, 404",
    })
    void tokenIsAskedForFirst(String method, String path, String accept, int withToken) {
        var called = path.formatted(UUID.randomUUID());
        given().accept(accept)
                .request(method, called)
                .then()
                .statusCode(401)
                .contentType("application/problem+json")
                .header("WWW-Authenticate", equalTo("Bearer realm=\"threadstore\""))
                .body("code", equalTo("unauthenticated"));
        given().accept(accept)
                .header("Authorization", "Bearer x")
                .request(method, called)
                .then()
                .statusCode(401)
                .header("WWW-Authenticate", equalTo("Bearer realm=\"threadstore\", error=\"invalid_token\""));
        given().accept(accept)
                .header("Authorization", "Bearer " + TestIssuer.token("acme", "threads:read"))
                .request(method, called)
                .then()
                .statusCode(withToken)
                .contentType("application/problem+json");
    }

    @Test
    void tokenIsAskedForBeforeTheMediaType() {
        given().contentType("text/plain").body("x").post("/v1/threads").then().statusCode(401);
        given().contentType("text/plain")
                .body("x")
                .header("Authorization", "Bearer " + TestIssuer.token("acme", ALL))
                .post("/v1/threads")
                .then()
                .statusCode(415);
    }

    @Test
    void tokensThatAreNotTakenAreToldWhy() throws Exception {
        refused(TestIssuer.sign(
                        TestIssuer.claims("acme", ALL).expiresAt(Instant.now().minusSeconds(120))))
                .body("detail", equalTo("the token has expired"));
        refused(TestIssuer.sign(TestIssuer.claims("acme", ALL).audience("others")))
                .body("detail", equalTo("the token is for another audience"));
        refused(TestIssuer.sign(TestIssuer.claims("acme", ALL).issuer("https://elsewhere.example")))
                .body("detail", equalTo("the token is of another issuer"));
        var stranger = TestIssuer.generate();
        refused(TestIssuer.claims("acme", ALL).jws().keyId("test-key").sign(stranger.getPrivate()))
                .body("detail", equalTo("the token is not signed by the issuer"));
        refused(TestIssuer.claims("acme", ALL).jws().keyId("no-such-key").sign(stranger.getPrivate()));
        refused(TestIssuer.sign(TestIssuer.claims("acme", ALL).claim("x", new java.math.BigInteger("9".repeat(3000)))));
        refused("not.a.token");
        refused("x");
        refused("");
        refused(unsigned("{\"alg\":\"none\"}", "acme"));
        refused(signedWithThePublicKey("acme"));
    }

    @Test
    void tokenWithoutATenantOrACallerIsForbidden() {
        forbidden(TestIssuer.sign(TestIssuer.claims("", ALL)))
                .body("detail", equalTo("the token names no tenant (claim tenant)"));
        forbidden(TestIssuer.sign(TestIssuer.claims("t".repeat(129), ALL)));
        forbidden(TestIssuer.sign(TestIssuer.claims("t\u0000", ALL)));
        forbidden(TestIssuer.sign(TestIssuer.claims("t\u2028", ALL)));
        forbidden(TestIssuer.sign(TestIssuer.claims("acme", ALL).subject("")));
    }

    @ParameterizedTest
    @CsvSource({
        "threads:read, GET, 404",
        "threads:read, POST, 403",
        "threads:read, DELETE, 403",
        "threads:write, GET, 403",
        "threads:write, POST, 404",
        "threads:write, DELETE, 403",
        "threads:delete, DELETE, 404",
        "threads:delete, GET, 403",
        "'', GET, 403",
        "unrelated, GET, 403",
    })
    void eachScopeAllowsWhatItSays(String scope, String method, int status) {
        var thread = "/v1/threads/" + UUID.randomUUID();
        var answer = given().header("Authorization", "Bearer " + TestIssuer.token("acme", scope))
                .request(method, method.equals("POST") ? thread + "/archive" : thread)
                .then()
                .statusCode(status);
        if (status == 403) {
            answer.contentType("application/problem+json")
                    .body("code", equalTo("forbidden"))
                    .header("WWW-Authenticate", containsString("error=\"insufficient_scope\", scope=\"threads:"));
        }
    }

    /** However the path is spelt: what is asked for is told by the operation that it leads to. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/threads/%s",
                "/v1/threads/%s/",
                "/v1/threads/%s;a=b",
                "//v1/threads/%s",
                "/v1//threads/%s",
                "/v1/threads/%s?x=1"
            })
    void deletingNeedsItsScopeHoweverThePathIsSpelt(String path) {
        var id = create(TestIssuer.token("acme", ALL));
        given().header("Authorization", "Bearer " + TestIssuer.token("acme", "threads:read threads:write"))
                .urlEncodingEnabled(false)
                .delete(path.formatted(id));

        get(TestIssuer.token("acme", ALL), "/v1/threads/" + id).statusCode(200);
    }

    @Test
    void scopesMayBeAList() {
        var token = TestIssuer.sign(
                TestIssuer.claims("acme").claim("scp", java.util.List.of("threads:read", "threads:write")));

        get(token, "/v1/threads").statusCode(200);
    }

    @Test
    void keysAreNotFetchedForEachToken() {
        get(TestIssuer.token("acme", ALL), "/v1/threads").statusCode(200);
        var fetched = TestIssuer.keysFetched();

        for (var i = 0; i < 20; i++) {
            get(TestIssuer.token("acme", ALL), "/v1/threads").statusCode(200);
        }
        // a token of another test may have named an unknown key: that fetch comes up to five seconds later
        assertThat(TestIssuer.keysFetched()).isLessThanOrEqualTo(fetched + 1);

        // tokens that name unknown keys cause one fetch in five seconds at most
        fetched = TestIssuer.keysFetched();
        var stranger = TestIssuer.generate().getPrivate();
        for (var i = 0; i < 20; i++) {
            refused(TestIssuer.claims("acme", ALL).jws().keyId("unknown-" + i).sign(stranger));
        }
        assertThat(TestIssuer.keysFetched()).isLessThanOrEqualTo(fetched + 1);
    }

    private static UUID create(String token) {
        var id = UUID.randomUUID();
        given().header("Authorization", "Bearer " + token)
                .contentType("application/json")
                .body("{\"thread_id\":\"" + id + "\",\"source\":{\"kind\":\"cli\"}}")
                .post("/v1/threads")
                .then()
                .statusCode(201);
        return id;
    }

    private static ValidatableResponse get(String token, String path) {
        return given().header("Authorization", "Bearer " + token).get(path).then();
    }

    private static ValidatableResponse refused(String token) {
        return get(token, "/v1/threads")
                .statusCode(401)
                .contentType("application/problem+json")
                .header("WWW-Authenticate", equalTo("Bearer realm=\"threadstore\", error=\"invalid_token\""))
                .body("code", equalTo("unauthenticated"));
    }

    private static ValidatableResponse forbidden(String token) {
        return get(token, "/v1/threads").statusCode(403).body("code", equalTo("forbidden"));
    }

    private static String unsigned(String header, String tenant) {
        var signed = TestIssuer.token(tenant, ALL).split("\\.");
        return base64(header.getBytes(StandardCharsets.UTF_8)) + "." + signed[1] + ".";
    }

    /** The classic confusion: what verifies signatures for all to see is used as a secret. */
    private static String signedWithThePublicKey(String tenant) throws Exception {
        var content =
                unsigned("{\"alg\":\"HS256\",\"kid\":\"test-key\"}", tenant).replaceAll("\\.$", "");
        var mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(TestIssuer.keys().getPublic().getEncoded(), "HmacSHA256"));
        return content + "." + base64(mac.doFinal(content.getBytes(StandardCharsets.US_ASCII)));
    }

    private static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
