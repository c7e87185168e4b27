package io.threadstore.testsupport;

import io.quarkus.runtime.configuration.MemorySize;
import io.threadstore.platform.Json;
import io.threadstore.platform.Limits;
import java.math.BigInteger;
import java.time.Duration;

/** The limits as they are by default, for tests of plain objects. */
public final class Settings implements Limits {

    /** JSON with the default limits. */
    public static final Json JSON = new Json(new Settings());

    @Override
    public MemorySize item() {
        return mebibytes(16);
    }

    @Override
    public MemorySize append() {
        return mebibytes(64);
    }

    @Override
    public MemorySize rollout() {
        return mebibytes(4096);
    }

    @Override
    public int compressionRatio() {
        return 1000;
    }

    @Override
    public MemorySize request() {
        return mebibytes(4);
    }

    @Override
    public int grpcMessage() {
        return 268_435_456;
    }

    @Override
    public int appendItems() {
        return 20_000;
    }

    @Override
    public int imports() {
        return 8;
    }

    @Override
    public int concurrentRequests() {
        return 400;
    }

    @Override
    public int concurrentBodies() {
        return 64;
    }

    @Override
    public int concurrentStreams() {
        return 100;
    }

    @Override
    public Duration streamStall() {
        return Duration.ofSeconds(60);
    }

    @Override
    public int jsonDepth() {
        return 1000;
    }

    @Override
    public int jsonDigits() {
        return 10_000;
    }

    private static MemorySize mebibytes(long count) {
        return new MemorySize(BigInteger.valueOf(count * 1024 * 1024));
    }
}
