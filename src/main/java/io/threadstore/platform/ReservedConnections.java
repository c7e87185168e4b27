package io.threadstore.platform;

import io.agroal.api.AgroalDataSource;
import io.agroal.api.cache.ConnectionCache;
import io.agroal.api.configuration.AgroalConnectionPoolConfiguration;
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

    private AcquisitionTimeouts acquisition;

    @Produces
    @Singleton
    @Reserved
    AgroalDataSource open(AgroalDataSource requests, NetworkTimeouts timeouts) throws SQLException {
        var usual = requests.getConfiguration().connectionPoolConfiguration();
        acquisition = new AcquisitionTimeouts(pool(usual, 1).get(), usual.acquisitionTimeout());
        var reserved = AgroalDataSource.from(pool(usual, SIZE), acquisition);
        acquisition.pools(requests, reserved);
        reserved.setPoolInterceptors(List.of(timeouts));
        return reserved;
    }

    private static AgroalDataSourceConfigurationSupplier pool(AgroalConnectionPoolConfiguration usual, int size) {
        return new AgroalDataSourceConfigurationSupplier()
                .connectionPoolConfiguration(new AgroalConnectionPoolConfigurationSupplier(usual)
                        .transactionIntegration(TransactionIntegration.none())
                        // that of the other pool would hand out its connections here
                        .connectionCache(ConnectionCache.none())
                        .initialSize(0)
                        .minSize(0)
                        .maxSize(size));
    }

    void close(@Disposes @Reserved AgroalDataSource reserved) {
        acquisition.stop();
        reserved.close();
    }
}
