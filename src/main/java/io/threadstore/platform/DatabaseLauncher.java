package io.threadstore.platform;

import java.nio.file.Path;

/** Where a private database comes from. There is an implementation unless the build leaves it out, as the native one does. */
public interface DatabaseLauncher {

    /** The database of a directory, not started yet. */
    PrivateDatabase of(Path directory);
}
