package io.threadstore.platform;

import java.nio.file.Path;

/** Starts a private database. There is an implementation unless the build leaves it out, as the native one does. */
public interface DatabaseLauncher {

    /**
     * Starts the database of a directory.
     *
     * @throws IllegalStateException with a message for the operator
     */
    PrivateDatabase launch(Path directory);
}
