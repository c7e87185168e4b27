package io.threadstore.platform;

import static org.assertj.core.api.Assertions.assertThat;

import io.agroal.api.AgroalDataSource;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.threadstore.testsupport.TestDatabase;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;

@QuarkusTest
@WithTestResource(TestDatabase.class)
class NetworkTimeoutsTest {

    @Inject
    AgroalDataSource dataSource;

    @ConfigProperty(name = "quarkus.datasource.jdbc.additional-jdbc-properties.socketTimeout")
    int usual;

    @ConfigProperty(name = "quarkus.datasource.jdbc.max-size")
    int most;

    @Test
    void eachConnectionHasTheUsualTimeoutWhateverItWasUsedFor() throws SQLException {
        assertThat(usual).isPositive();
        assertAllUsual();

        var held = all();
        for (var connection : held) {
            NetworkTimeouts.setNone(connection);
            assertThat(connection.getNetworkTimeout()).isZero();
        }
        close(held);

        assertAllUsual();
    }

    private void assertAllUsual() throws SQLException {
        var held = all();
        for (var connection : held) {
            assertThat(connection.getNetworkTimeout()).isEqualTo(usual);
        }
        close(held);
    }

    private ArrayList<Connection> all() throws SQLException {
        var held = new ArrayList<Connection>();
        for (var i = 0; i < most / 2; i++) {
            held.add(dataSource.getConnection());
        }
        return held;
    }

    private static void close(Iterable<Connection> held) throws SQLException {
        for (var connection : held) {
            connection.close();
        }
    }
}
