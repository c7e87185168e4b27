package io.threadstore.identity;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** Finds an issuer's keys: the {@code jwks_uri} of its metadata (OpenID Connect Discovery 1.0, 4). */
@ApplicationScoped
class IssuerDiscovery {

    private static final String METADATA = "/.well-known/openid-configuration";
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final ObjectMapper mapper;

    IssuerDiscovery(ObjectMapper mapper) {
        this.mapper = mapper;
    }

    /**
     * The URL of the issuer's JWK set.
     *
     * @throws ThreadStoreException {@link ErrorKind#UNAVAILABLE} if the issuer does not say, which may pass
     */
    String keysOf(String issuer) {
        var uri = URI.create(issuer.replaceAll("/$", "") + METADATA);
        try {
            var client = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
            var answer = client.send(
                    HttpRequest.newBuilder(uri).timeout(TIMEOUT).build(), HttpResponse.BodyHandlers.ofString());
            var keys = mapper.readTree(answer.body()).path("jwks_uri").asText();
            if (answer.statusCode() == 200 && !keys.isEmpty()) {
                return keys;
            }
            throw unavailable(new IOException("status " + answer.statusCode()));
        } catch (IOException e) {
            throw unavailable(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unavailable(e);
        }
    }

    private static ThreadStoreException unavailable(Exception cause) {
        return ThreadStoreException.of(ErrorKind.UNAVAILABLE, "the issuer's metadata can't be fetched", cause);
    }
}
