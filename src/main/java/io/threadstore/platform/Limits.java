package io.threadstore.platform;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How large what comes in may be. Beyond a limit the answer is 413 {@code request_too_large}. */
@ConfigMapping(prefix = "threadstore.limits")
public interface Limits {

    /** One rollout item's JSON text, in bytes. The database's {@code max_allowed_packet} less 64 KiB caps it too. */
    @WithDefault("16M")
    MemorySize item();

    /** One append: the body of {@code appendItems}, in bytes. */
    @WithDefault("64M")
    MemorySize append();

    /** How many items one append may have. */
    @WithDefault("20000")
    int appendItems();

    /** One rollout file to import, in bytes after unpacking. */
    @WithDefault("4G")
    MemorySize rollout();

    /** How many bytes a byte of a packed rollout file may stand for, on average, beyond the first 16 MiB. */
    @WithDefault("1000")
    int compressionRatio();

    /** Any other request body, in bytes. */
    @WithDefault("4M")
    MemorySize request();

    /**
     * One message of a gRPC client, in bytes: a fork appends its whole source in one. Each byte takes five of memory
     * meanwhile.
     */
    @WithDefault("16777216")
    int grpcMessage();

    /**
     * How many rollout files are imported at once, by all tenants together; each is spooled to a temporary file first.
     */
    @WithDefault("8")
    int imports();

    /**
     * How many requests are worked on at once, of each transport; those beyond wait briefly, then they are rejected.
     */
    @WithDefault("400")
    int concurrentRequests();

    /** How many large bodies, or bodies of unknown length, are read at once; each holds a thread. */
    @WithDefault("64")
    int concurrentBodies();

    /** How many histories and files are streamed to clients at once; each holds two pages of items. */
    @WithDefault("100")
    int concurrentStreams();

    /** How long the reader of a stream may take nothing before it is cut off. */
    @WithDefault("60s")
    Duration streamStall();

    /** How deeply an item's JSON may nest. */
    @WithDefault("1000")
    int jsonDepth();

    /** How many digits a number in an item's JSON may have. */
    @WithDefault("10000")
    int jsonDigits();
}
