package io.threadstore.torture;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Random;
import java.util.Set;

/** A database that things happen to, with ways to it for each service. */
interface Database extends AutoCloseable {

    /** Its URL as a service has it, behind that service's own way. */
    String url(int service);

    String username();

    String password();

    /** What a service needs beyond that. */
    String[] options();

    /** Of the faults of a database's own, those that can be had here. */
    Set<Rig.Fault> faults();

    /** How many servers there are, each of which has to have everything. */
    int servers();

    /** A connection to one of them past the ways, that sees all that is committed. */
    Connection connect(int server) throws SQLException;

    /** Kills a server process, leaves it dead for a moment, and has it back when it ends. */
    void kill(Random random) throws Exception;

    /** The process to be stopped for a while. */
    long pid(Random random) throws Exception;

    /** Cuts the way that the service uses, for a moment. */
    void cut(int service, long millis) throws Exception;

    /** Loses all that passes on the way that the service uses, for some time: nobody is told. */
    void silence(int service, long millis) throws Exception;

    /** Holds back all that comes and goes on the service's ways. */
    void delay(int service, long millis);

    /**
     * Fills its disk until nothing more goes there, and makes room again after some time.
     *
     * @param meanwhile as soon as the disk is full
     */
    default void fillDisk(Random random, Meanwhile meanwhile) throws Exception {
        throw new UnsupportedOperationException();
    }

    /**
     * Cuts a node that a service uses off from the others, while it runs and services reach it, and lets it come back after some time.
     *
     * @param meanwhile as soon as it knows that it has lost them
     */
    default void isolate(Random random, Meanwhile meanwhile) throws Exception {
        throw new UnsupportedOperationException();
    }

    /** Waits until nothing is left of a fault: a cluster bears one at a time. */
    default void awaitWhole() throws Exception {}

    /** Something that is looked at before a fault ends. */
    @FunctionalInterface
    interface Meanwhile {
        void look() throws Exception;
    }

    @Override
    void close() throws IOException;
}
