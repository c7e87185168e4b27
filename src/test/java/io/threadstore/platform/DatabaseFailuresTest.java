package io.threadstore.platform;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.BatchUpdateException;
import java.sql.SQLException;
import java.sql.SQLIntegrityConstraintViolationException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLSyntaxErrorException;
import java.sql.SQLTimeoutException;
import java.sql.SQLTransientConnectionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Failures as Connector/J 3.5 gives them. */
class DatabaseFailuresTest {

    @ParameterizedTest
    @CsvSource({
        "HY000,     3, a full disk: a temporary file",
        "HY000,  1021, a full disk",
        "HY000,  1026, a full disk: a file of the binary log",
        "HY000,  1114, a full disk: a table",
        "HY000,  1598, a full disk: the binary log",
        "08004,  1040, too many connections",
        "42000,  1203, too many connections of one user",
        "08S01,  1047, a node that has lost the others",
        "HY000,  1180, the same at a commit",
        "08S01,  1053, shutdown",
        "HY000,  1205, lock wait time-out",
        "HY000,  1290, --read-only",
        "70100,  1317, KILL QUERY",
        "70100,  1927, KILL",
        "70100,  1969, statement time-out",
        "40001,  1213, deadlock",
        "08000,    -1, the socket",
    })
    void tryingAgainHelps(String state, int code, String what) {
        assertThat(DatabaseFailures.isUnavailable(new SQLException(what, state, code)))
                .as(what)
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "70100, 1969, a statement of the database took longer than its limit",
        "HY000, 1205, the thread is locked by another request",
        "08004, 1040, the database accepts no more connections",
        "HY000, 1021, the database's disk is full",
        "40001, 1213, the transaction conflicted with others",
        "08000,   -1, the database can't be reached",
    })
    void explanation_ofAFailure_statesItsCause(String state, int code, String explanation) {
        var wrapped = new IllegalStateException(new SQLException("x", state, code));

        assertThat(DatabaseFailures.explanation(wrapped)).isEqualTo(explanation);
    }

    @Test
    void explanation_ofAnExhaustedPool_isNotThatTheDatabaseIsAway() {
        assertThat(DatabaseFailures.explanation(new SQLException("Sorry, acquisition timeout!")))
                .isEqualTo("no database connection is free");
    }

    @Test
    void tryingAgainHelpsWhateverItIsWrappedIn() {
        var killed = new SQLTimeoutException("Connection was killed", "70100", 1927);
        var batch = new BatchUpdateException("batch", "HY000", 0, new int[0], killed);

        assertThat(DatabaseFailures.isUnavailable(new IllegalStateException(batch)))
                .isTrue();
        var commit = new IllegalStateException("commit");
        commit.addSuppressed(killed);
        assertThat(DatabaseFailures.isUnavailable(commit)).isTrue();
        assertThat(DatabaseFailures.reason(commit)).contains("1927");
    }

    @Test
    void tryingAgainHelpsWithConnections() {
        assertThat(DatabaseFailures.isUnavailable(new SQLException("Sorry, acquisition timeout!")))
                .isTrue();
        assertThat(DatabaseFailures.isUnavailable(new SQLTransientConnectionException("connect")))
                .isTrue();
        assertThat(DatabaseFailures.isUnavailable(new SQLNonTransientConnectionException("gone", "08000", -1)))
                .isTrue();
    }

    @Test
    void tryingAgainHelpsWhereTheDriverStumbles() {
        var inTheDriver = new NullPointerException();
        inTheDriver.setStackTrace(new StackTraceElement[] {
            new StackTraceElement("org.mariadb.jdbc.client.impl.MultiPrimaryClient", "reConnect", null, 217)
        });

        assertThat(DatabaseFailures.isUnavailable(new IllegalStateException(inTheDriver)))
                .isTrue();
        assertThat(DatabaseFailures.isUnavailable(new IllegalStateException(new NullPointerException())))
                .isFalse();
    }

    @Test
    void tryingAgainDoesNotHelpWithWhatIsWrong() {
        assertThat(DatabaseFailures.isUnavailable(new SQLSyntaxErrorException("syntax", "42000", 1064)))
                .isFalse();
        assertThat(DatabaseFailures.isUnavailable(
                        new SQLIntegrityConstraintViolationException("duplicate", "23000", 1062)))
                .isFalse();
        assertThat(DatabaseFailures.isUnavailable(new SQLException("data too long", "22001", 1406)))
                .isFalse();
        assertThat(DatabaseFailures.isUnavailable(new IllegalStateException())).isFalse();
    }

    @Test
    void lostRacesAreRolledBack() {
        assertThat(DatabaseFailures.isLostRace(new SQLException("deadlock", "40001", 1213)))
                .isTrue();
        assertThat(DatabaseFailures.isLostRace(new SQLIntegrityConstraintViolationException("", "23000", 1062)))
                .isTrue();
        assertThat(DatabaseFailures.isLostRace(new SQLException("socket", "08000", -1)))
                .isFalse();
    }
}
