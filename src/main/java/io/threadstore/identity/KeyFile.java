package io.threadstore.identity;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.lang.JoseException;

/**
 * A file with an issuer's keys: a public key (PEM, SubjectPublicKeyInfo), a certificate (PEM), or a JWK set.
 *
 * @param text its content
 */
record KeyFile(String text) {

    private static final String KEY_BEGINS = "-----BEGIN PUBLIC KEY-----";
    private static final String KEY_ENDS = "-----END PUBLIC KEY-----";
    private static final String CERTIFICATE_BEGINS = "-----BEGIN CERTIFICATE-----";
    private static final List<String> ALGORITHMS = List.of("RSA", "EC", "EdDSA");

    static KeyFile read(Path file) {
        try {
            return new KeyFile(Files.readString(file));
        } catch (IOException e) {
            throw new IllegalStateException("The key file can't be read: " + file, e);
        }
    }

    /** The one key in it; empty if it holds a set of them. */
    Optional<PublicKey> singleKey() {
        try {
            if (text.contains(CERTIFICATE_BEGINS)) {
                var bytes = new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII));
                return Optional.of(CertificateFactory.getInstance("X.509")
                        .generateCertificate(bytes)
                        .getPublicKey());
            }
            return text.contains(KEY_BEGINS) ? Optional.of(decode()) : Optional.empty();
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IllegalStateException("The key file holds no key that can be read.", e);
        }
    }

    /**
     * Makes sure that tokens can be verified with it.
     *
     * @throws IllegalStateException with a message for the operator
     */
    void check() {
        if (singleKey().isEmpty() && publicKeysInSet() == 0) {
            throw new IllegalStateException(
                    "The key file holds no key that can be read: neither a public key or certificate (PEM), nor a JWK set"
                            + " with public keys.");
        }
    }

    private long publicKeysInSet() {
        try {
            return new JsonWebKeySet(text)
                    .getJsonWebKeys().stream()
                            .filter(PublicJsonWebKey.class::isInstance)
                            .count();
        } catch (JoseException e) {
            return 0;
        }
    }

    private PublicKey decode() throws GeneralSecurityException {
        var body = text.substring(text.indexOf(KEY_BEGINS) + KEY_BEGINS.length(), text.indexOf(KEY_ENDS));
        var encoded = new X509EncodedKeySpec(Base64.getMimeDecoder().decode(body.strip()));
        for (var algorithm : ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePublic(encoded);
            } catch (InvalidKeySpecException e) {
                // it is of another kind
            }
        }
        throw new InvalidKeySpecException("neither of " + ALGORITHMS);
    }
}
