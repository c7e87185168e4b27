package io.threadstore.identity;

import java.security.PublicKey;
import java.util.List;
import java.util.Objects;
import org.jose4j.jwk.EllipticCurveJsonWebKey;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.OctetKeyPairJsonWebKey;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jwk.RsaJsonWebKey;
import org.jose4j.lang.JoseException;
import org.jspecify.annotations.Nullable;

/**
 * Public keys that tokens are verified with, held in memory.
 *
 * @param keys at least one
 * @param isSingle whether it is one key of no set, which fits whatever key id a token names
 */
record VerificationKeys(List<PublicJsonWebKey> keys, boolean isSingle) {

    /** Keys that are tried for one token, where several fit. */
    private static final int MAX_TRIED = 4;

    VerificationKeys {
        keys = List.copyOf(keys);
    }

    /**
     * Reads a public key or a certificate (PEM), or a JWK set (RFC 7517, 5).
     *
     * @throws IllegalStateException if the text holds no public key
     */
    static VerificationKeys parse(String text) {
        try {
            var single = new KeyFile(text).singleKey();
            if (single.isPresent()) {
                return new VerificationKeys(List.of(PublicJsonWebKey.Factory.newPublicJwk(single.get())), true);
            }
            var keys = new JsonWebKeySet(text)
                    .getJsonWebKeys().stream()
                            .filter(PublicJsonWebKey.class::isInstance)
                            .map(PublicJsonWebKey.class::cast)
                            .toList();
            if (keys.isEmpty()) {
                throw new IllegalStateException("no public key");
            }
            return new VerificationKeys(keys, false);
        } catch (JoseException e) {
            throw new IllegalStateException("neither a public key or certificate (PEM), nor a JWK set", e);
        }
    }

    /**
     * The keys that may have signed a token.
     *
     * @param keyId the token's {@code kid}; null if it names none
     * @param algorithm the token's {@code alg}
     * @return empty if none fits
     */
    List<PublicKey> candidates(@Nullable String keyId, String algorithm) {
        var fitting = keys.stream().filter(key -> fits(key, algorithm)).toList();
        if (keyId != null && !isSingle) {
            var named =
                    fitting.stream().filter(key -> keyId.equals(key.getKeyId())).toList();
            fitting = named.isEmpty()
                    ? fitting.stream().filter(key -> key.getKeyId() == null).toList()
                    : named;
        }
        return fitting.stream()
                .limit(MAX_TRIED)
                .map(PublicJsonWebKey::getPublicKey)
                .toList();
    }

    private static boolean fits(JsonWebKey key, String algorithm) {
        var isForSignatures = key.getUse() == null || key.getUse().equals("sig");
        var isForAlgorithm = key.getAlgorithm() == null || key.getAlgorithm().equals(algorithm);
        return isForSignatures && isForAlgorithm && isOfKind(key, algorithm);
    }

    /** RFC 7518, 3.1 and RFC 8037, 3.1. */
    private static boolean isOfKind(JsonWebKey key, String algorithm) {
        return switch (algorithm) {
            case "ES256" -> isOnCurve(key, "P-256");
            case "ES384" -> isOnCurve(key, "P-384");
            case "ES512" -> isOnCurve(key, "P-521");
            case "EdDSA" -> key instanceof OctetKeyPairJsonWebKey;
            default -> key instanceof RsaJsonWebKey;
        };
    }

    private static boolean isOnCurve(JsonWebKey key, String curve) {
        return key instanceof EllipticCurveJsonWebKey elliptic && Objects.equals(elliptic.getCurveName(), curve);
    }
}
