package io.threadstore.platform;

import java.util.Map;

/** A database that belongs to this process alone, for runs that name none. */
public interface PrivateDatabase {

    /** How to reach it: Quarkus' own properties and their values. */
    Map<String, String> connectionProperties();

    /** Stops it cleanly; what was committed stays. */
    void stop();
}
