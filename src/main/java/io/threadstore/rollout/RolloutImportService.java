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
     * Takes a rollout file in and checks every line of it; nothing is stored yet. No transaction is open while the body comes in.
     *
     * @param rollout the file, unpacked; read to its end, not closed
     * @return the file, to be closed
     * @throws ThreadStoreException {@link ErrorKind#SESSION_META_MISMATCH}, {@link ErrorKind#INVALID_REQUEST} with a line,
     *     {@link ErrorKind#REQUEST_TOO_LARGE}, {@link ErrorKind#UNAVAILABLE}
     */
    public CheckedRollout take(ThreadId threadId, InputStream rollout) throws IOException {
        return spool.take(threadId, rollout);
    }

    /**
     * Stores a file that was taken in. The same file again changes nothing; a longer one that begins with what is stored appends the
     * rest. A live writer whose lease has ended is closed, as by a shutdown.
     *
     * @param dryRun whether only the answer is wanted
     * @throws ThreadStoreException {@link ErrorKind#THREAD_ALREADY_LIVE}, {@link ErrorKind#ORDINAL_CONFLICT} at the first difference
     */
    public ImportResult store(ThreadId threadId, CheckedRollout file, boolean dryRun) {
        return dryRun ? importer.rehearse(threadId, file) : importer.store(threadId, file);
    }
}
