package io.threadstore.identity;

import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Asks an issuer for its metadata (OpenID Connect Discovery 1.0, 4) and its keys. It waits for the network, so only
 * {@link IssuerKeys} calls it, from a thread of its own.
 */
@ApplicationScoped
class IssuerDiscovery {

    private static final String METADATA = "/.well-known/openid-configuration";

    /** For the connection, and for the whole answer. */
    static final Duration TIMEOUT = Duration.ofSeconds(2);

    /** Of an answer. JWK sets have a few kilobytes. */
    private static final int MAX_BYTES = 1024 * 1024;

    private static final int OK = 200;

    private final ObjectMapper mapper;
    private @Nullable HttpClient client;

    IssuerDiscovery(ObjectMapper mapper) {
        this.mapper = mapper;
    }

    /**
     * The URL of the issuer's JWK set.
     *
     * @throws IOException if the issuer does not answer, or its metadata is not its own (Discovery 1.0, 4.3)
     */
    URI keysOf(String issuer) throws IOException, InterruptedException {
        var metadata = mapper.readTree(get(URI.create(issuer.replaceAll("/$", "") + METADATA)));
        var named = metadata.path("issuer").asText();
        if (!named.equals(issuer)) {
            throw new IOException("the metadata names another issuer: configured=" + issuer + " metadata="
                    + named.substring(0, Math.min(200, named.length())).replaceAll("\\p{Cntrl}", "?"));
        }
        var keys = metadata.path("jwks_uri").asText();
        if (keys.isEmpty()) {
            throw new IOException("the metadata has no jwks_uri");
        }
        return URI.create(keys);
    }

    /**
     * The body of an answer with status 200.
     *
     * @throws IOException also if the answer is not complete in time, or longer than 1 MiB
     */
    String get(URI uri) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(uri).timeout(TIMEOUT).build();
        var answer = client().sendAsync(request, head -> new BoundedBody());
        try {
            // the request's own timeout ends with the headers of the answer
            var got = answer.get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            if (got.statusCode() != OK) {
                throw new IOException("status " + got.statusCode() + " of " + uri);
            }
            return got.body();
        } catch (TimeoutException e) {
            throw new HttpTimeoutException("no complete answer within " + TIMEOUT.toSeconds() + " s: " + uri);
        } catch (ExecutionException e) {
            throw new IOException(uri + ": " + e.getCause(), e.getCause());
        } finally {
            answer.cancel(true);
        }
    }

    /** Made when it is needed: it starts a thread. */
    private synchronized HttpClient client() {
        var made = client;
        if (made == null) {
            made = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .followRedirects(HttpClient.Redirect.NORMAL)
                    .connectTimeout(TIMEOUT)
                    .build();
            client = made;
        }
        return made;
    }

    /** A text body of a bounded length. */
    private static final class BoundedBody implements HttpResponse.BodySubscriber<String> {

        private final HttpResponse.BodySubscriber<String> body =
                HttpResponse.BodySubscribers.ofString(StandardCharsets.UTF_8);
        private long bytes;
        private Flow.@Nullable Subscription subscription;

        @Override
        public CompletionStage<String> getBody() {
            return body.getBody();
        }

        @Override
        public void onSubscribe(Flow.Subscription begun) {
            subscription = begun;
            body.onSubscribe(begun);
        }

        @Override
        public void onNext(List<ByteBuffer> parts) {
            bytes += parts.stream().mapToLong(ByteBuffer::remaining).sum();
            if (bytes <= MAX_BYTES) {
                body.onNext(parts);
            } else if (subscription != null) {
                subscription.cancel();
                body.onError(new IOException("the answer is longer than " + MAX_BYTES + " bytes"));
            }
        }

        @Override
        public void onError(Throwable failure) {
            body.onError(failure);
        }

        @Override
        public void onComplete() {
            body.onComplete();
        }
    }
}
