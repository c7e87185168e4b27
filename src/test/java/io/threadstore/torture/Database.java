package io.threadstore.torture;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Random;

/** A database that things happen to, with ways to it for each service. */
interface Database extends AutoCloseable {

    /** Its URL as a service has it, behind that service's own way. */
    String url(int service);

    String username();

    String password();

    /** What a service needs beyond that. */
    String[] options();

    /** A connection past the ways, that sees all that is committed. */
    Connection connect() throws SQLException;

    /** Kills a server process, leaves it dead for a moment, and has it back when it ends. */
    void kill(Random random) throws Exception;

    /** The process to be stopped for a while. */
    long pid(Random random) throws Exception;

    /** Cuts a way of the service's, or mends it. */
    void cut(int service, boolean cut) throws Exception;

    /** Holds back all that comes and goes on the service's ways. */
    void delay(int service, long millis);

    @Override
    void close() throws IOException;
}
