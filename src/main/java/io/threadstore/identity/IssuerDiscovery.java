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
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Finds an issuer's keys: the {@code jwks_uri} of its metadata (OpenID Connect Discovery 1.0, 4). */
@ApplicationScoped
class IssuerDiscovery {

    private static final String METADATA = "/.well-known/openid-configuration";
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final Duration PAUSE = Duration.ofSeconds(5);
    private static final Logger LOG = Logger.getLogger(IssuerDiscovery.class);

    private final ObjectMapper mapper;

    /** When the issuer last did not answer, by {@link System#nanoTime}; 0 if it did. */
    private long failed;

    IssuerDiscovery(ObjectMapper mapper) {
        this.mapper = mapper;
    }

    /**
     * The URL of the issuer's JWK set. While the issuer does not answer, one caller at a time asks it, and is believed for a while: others
     * neither wait for it each nor ask again at once.
     *
     * @throws ThreadStoreException {@link ErrorKind#UNAVAILABLE} if the issuer does not say, which may pass
     */
    synchronized String keysOf(String issuer) {
        if (failed != 0 && System.nanoTime() - failed < PAUSE.toNanos()) {
            throw unavailable(null);
        }
        try {
            var keys = ask(URI.create(issuer.replaceAll("/$", "") + METADATA));
            failed = 0;
            return keys;
        } catch (IOException | IllegalArgumentException e) {
            failed = System.nanoTime() | 1;
            LOG.warnf("the issuer's metadata can't be fetched: issuer=%s reason=%s", issuer, e);
            throw unavailable(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unavailable(e);
        }
    }

    private String ask(URI metadata) throws IOException, InterruptedException {
        var client = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
        var answer = client.send(
                HttpRequest.newBuilder(metadata).timeout(TIMEOUT).build(), HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IOException("status " + answer.statusCode());
        }
        var keys = mapper.readTree(answer.body()).path("jwks_uri").asText();
        if (keys.isEmpty()) {
            throw new IOException("no jwks_uri");
        }
        return keys;
    }

    private static ThreadStoreException unavailable(@Nullable Exception cause) {
        var message = "the issuer's metadata can't be fetched";
        return cause == null
                ? ThreadStoreException.of(ErrorKind.UNAVAILABLE, message)
                : ThreadStoreException.of(ErrorKind.UNAVAILABLE, message, cause);
    }
}
