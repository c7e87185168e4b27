package io.threadstore.platform;

import io.agroal.api.AgroalDataSource;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.quarkus.runtime.Startup;
import io.quarkus.scheduler.Scheduled;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.SQLException;
import java.util.ArrayList;

/**
 * What the tables take, as the server estimates it. It is asked now and then and never by a scrape; while the database is away the last answer
 * stands.
 */
@Startup
@ApplicationScoped
class DatabaseMetrics {

    private static final String TABLES = """
            SELECT table_name, table_rows, data_length, index_length FROM information_schema.tables
            WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'
            """;

    private static final String TABLE = "table";

    private final AgroalDataSource dataSource;
    private final Housekeeping housekeeping;
    private final MultiGauge rows;
    private final MultiGauge bytes;

    DatabaseMetrics(AgroalDataSource dataSource, Housekeeping housekeeping, MeterRegistry registry) {
        this.dataSource = dataSource;
        this.housekeeping = housekeeping;
        this.rows = MultiGauge.builder("threadstore.table.rows")
                .description("Rows of a table, as the server estimates them")
                .register(registry);
        this.bytes = MultiGauge.builder("threadstore.table")
                .description("What a table's rows and its secondary indexes take on disk, as the server estimates it")
                .baseUnit("bytes")
                .register(registry);
        Gauge.builder("threadstore.database.connections.limit", () -> maxSize(dataSource))
                .description("How many connections the pool may have")
                .register(registry);
    }

    private static int maxSize(AgroalDataSource pool) {
        return pool.getConfiguration().connectionPoolConfiguration().maxSize();
    }

    @Scheduled(every = "{threadstore.metrics.storage-every}", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
    void measure() {
        housekeeping.run("measuring the tables", this::readTables);
    }

    private void readTables() {
        var counts = new ArrayList<MultiGauge.Row<?>>();
        var sizes = new ArrayList<MultiGauge.Row<?>>();
        try (var connection = dataSource.getConnection();
                var statement = connection.createStatement();
                var table = statement.executeQuery(TABLES)) {
            while (table.next()) {
                var name = Tags.of(TABLE, table.getString(1));
                counts.add(MultiGauge.Row.of(name, table.getLong(2)));
                sizes.add(MultiGauge.Row.of(name.and("part", "rows"), table.getLong(3)));
                sizes.add(MultiGauge.Row.of(name.and("part", "indexes"), table.getLong(4)));
            }
        } catch (SQLException e) {
            throw new IllegalStateException("the tables can't be measured", e);
        }
        rows.register(counts, true);
        bytes.register(sizes, true);
    }
}
