package io.threadstore.platform;

import io.agroal.api.AgroalDataSource;
import io.agroal.api.cache.ConnectionCache;
import io.agroal.api.configuration.supplier.AgroalConnectionPoolConfigurationSupplier;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import io.agroal.api.transaction.TransactionIntegration;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.util.List;

/**
 * A small pool beside the one of requests, with the same driver settings. It serves the committers of appends and the
 * health check, so that requests that wait for the database stop neither. It does not join transactions.
 */
@Singleton
class ReservedConnections {

    /** One for each of the four committers of AppendGroups, and one for the health check. */
    static final int SIZE = 5;

    @Produces
    @Singleton
    @Reserved
    AgroalDataSource open(AgroalDataSource requests, NetworkTimeouts timeouts) throws SQLException {
        var pool = new AgroalConnectionPoolConfigurationSupplier(
                        requests.getConfiguration().connectionPoolConfiguration())
                .transactionIntegration(TransactionIntegration.none())
                // that of the other pool would hand out its connections here
                .connectionCache(ConnectionCache.none())
                .initialSize(0)
                .minSize(0)
                .maxSize(SIZE);
        var reserved =
                AgroalDataSource.from(new AgroalDataSourceConfigurationSupplier().connectionPoolConfiguration(pool));
        reserved.setPoolInterceptors(List.of(timeouts));
        return reserved;
    }

    void close(@Disposes @Reserved AgroalDataSource reserved) {
        reserved.close();
    }
}
