package io.threadstore.rest;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** What tells a request from another one: SHA-256 of what is done to what, and of the body. */
final class Fingerprint {

    private final MessageDigest digest;

    /** Of a request whose body is still to come. */
    Fingerprint(String operation, String target) {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
        digest.update((operation + "\n" + target + "\n").getBytes(StandardCharsets.UTF_8));
    }

    Fingerprint of(byte[] body) {
        digest.update(body);
        return this;
    }

    /** The same stream, of which what is read counts. */
    InputStream of(InputStream body) {
        return new DigestInputStream(body, digest);
    }

    /** 32 bytes; to be asked for once. */
    byte[] end() {
        return digest.digest();
    }
}
