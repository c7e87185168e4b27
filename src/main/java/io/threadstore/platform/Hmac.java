package io.threadstore.platform;

import java.security.GeneralSecurityException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** HMAC-SHA-256 (RFC 2104) with one key. For any number of threads. */
public final class Hmac {

    private static final String ALGORITHM = "HmacSHA256";

    /**
     * Initialised and never updated: looking the algorithm up and preparing the key cost more than a short text does.
     */
    private final Mac prototype;

    public Hmac(byte[] key) {
        try {
            prototype = Mac.getInstance(ALGORITHM);
            prototype.init(new SecretKeySpec(key, ALGORITHM));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }

    /** The code of a text: 32 bytes. */
    public byte[] of(byte[] text) {
        try {
            return ((Mac) prototype.clone()).doFinal(text);
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("the platform's " + ALGORITHM + " can't be cloned", e);
        }
    }
}
