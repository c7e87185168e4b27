package io.threadstore.rollout;

import io.threadstore.error.ErrorKind;
import io.threadstore.error.ThreadStoreException;
import io.threadstore.thread.ThreadId;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.InputStream;

/** Imports rollout files: a new thread, or the continuation of a stored one. All of a file or nothing. */
@ApplicationScoped
public class RolloutImportService {

    private final RolloutSpool spool;
    private final RolloutImporter importer;

    RolloutImportService(RolloutSpool spool, RolloutImporter importer) {
        this.spool = spool;
        this.importer = importer;
    }

    /**
     * Imports a rollout file. The same file again changes nothing; a longer one that begins with what is stored appends the
     * rest.
     *
     * @param rollout the file, unpacked; read once, not closed
     * @param dryRun whether only the answer is wanted
     * @throws ThreadStoreException {@link ErrorKind#SESSION_META_MISMATCH}, {@link ErrorKind#INVALID_REQUEST} with a line,
     *     {@link ErrorKind#REQUEST_TOO_LARGE}, {@link ErrorKind#THREAD_ALREADY_LIVE}, {@link ErrorKind#ORDINAL_CONFLICT} at
     *     the first difference
     */
    public ImportResult importRollout(ThreadId threadId, InputStream rollout, boolean dryRun) throws IOException {
        try (var spooled = spool.take(threadId, rollout)) {
            return importer.store(threadId, spooled, dryRun);
        }
    }
}
