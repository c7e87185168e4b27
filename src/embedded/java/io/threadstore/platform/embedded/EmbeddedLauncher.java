package io.threadstore.platform.embedded;

import io.threadstore.platform.DatabaseLauncher;
import io.threadstore.platform.PrivateDatabase;
import java.nio.file.Path;

/** Found by {@link java.util.ServiceLoader}, so that nothing refers to this package in a build that leaves it out. */
public final class EmbeddedLauncher implements DatabaseLauncher {

    @Override
    public PrivateDatabase of(Path directory) {
        return new EmbeddedMariaDb(directory);
    }
}
