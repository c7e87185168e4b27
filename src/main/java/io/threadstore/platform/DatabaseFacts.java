package io.threadstore.platform;

import io.agroal.api.AgroalDataSource;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.sql.SQLException;
import org.jboss.logging.Logger;

/** What the store asked the database at start, and the check that it can hold threads. */
@ApplicationScoped
public class DatabaseFacts {

    private static final Logger LOG = Logger.getLogger(DatabaseFacts.class);

    private final AgroalDataSource dataSource;
    private final Limits limits;
    private volatile long maxAllowedPacket;

    DatabaseFacts(AgroalDataSource dataSource, Limits limits) {
        this.dataSource = dataSource;
        this.limits = limits;
    }

    void check(@Observes StartupEvent start) throws SQLException {
        try (var connection = dataSource.getConnection();
                var statement = connection.createStatement();
                var row = statement.executeQuery("SELECT VERSION(), @@max_allowed_packet, @@sql_mode")) {
            row.next();
            var version = row.getString(1);
            maxAllowedPacket = row.getLong(2);
            if (!row.getString(3).contains("STRICT_")) {
                throw new IllegalStateException(
                        "The database's sql_mode has neither STRICT_TRANS_TABLES nor STRICT_ALL_TABLES, so it would cut"
                                + " texts silently. Set one of them.");
            }
            var item = limits.item().asLongValue();
            if (maxAllowedPacket < item + 64 * 1024) {
                LOG.warnf(
                        "items are limited to %d bytes, not threadstore.limits.item=%d, by the database's"
                                + " max_allowed_packet=%d",
                        maxAllowedPacket - 64 * 1024, item, maxAllowedPacket);
            }
            LOG.infof("database: version=%s maxAllowedPacket=%d", version, maxAllowedPacket);
        }
    }

    /** The largest packet that the server takes, in bytes. */
    public long maxAllowedPacket() {
        return maxAllowedPacket;
    }
}
