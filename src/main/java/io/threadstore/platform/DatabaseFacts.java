package io.threadstore.platform;

import io.agroal.api.AgroalDataSource;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.sql.SQLException;
import org.eclipse.microprofile.config.Config;
import org.jboss.logging.Logger;

/** What the store asked the database at start, and the check that it can hold threads. */
@ApplicationScoped
public class DatabaseFacts {

    private static final Logger LOG = Logger.getLogger(DatabaseFacts.class);

    private final AgroalDataSource dataSource;
    private final Limits limits;
    private final Config config;
    private volatile long maxAllowedPacket;

    DatabaseFacts(AgroalDataSource dataSource, Limits limits, Config config) {
        this.dataSource = dataSource;
        this.limits = limits;
        this.config = config;
    }

    void check(@Observes StartupEvent start) throws SQLException {
        try (var connection = dataSource.getConnection();
                var statement = connection.createStatement();
                var row = statement.executeQuery("""
                        SELECT VERSION(), @@max_allowed_packet, @@sql_mode,
                               (SELECT variable_value FROM information_schema.global_variables WHERE variable_name = 'WSREP_ON')
                        """)) {
            row.next();
            var version = row.getString(1);
            maxAllowedPacket = row.getLong(2);
            if (!row.getString(3).contains("STRICT_")) {
                throw new IllegalStateException(
                        "The database's sql_mode has neither STRICT_TRANS_TABLES nor STRICT_ALL_TABLES, so it would cut"
                                + " texts silently. Set one of them.");
            }
            if ("ON".equals(row.getString(4)) && !DatabaseChoice.isCluster(config)) {
                throw new IllegalStateException(
                        "The database is a node of a Galera cluster, on which writes would be lost with the settings for a single"
                                + " server. Set THREADSTORE_DB_CLUSTER=true.");
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
