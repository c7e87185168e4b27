package io.threadstore.benchmark;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Appends beside bare JDBC, by turns. */
class AppendBenchmark {

    private static final int[] CONCURRENCY = {1, 4, 16, 64, 128};

    @Test
    void besideBareJdbc() throws Exception {
        try (var stage = Stage.set(Report.JVM)) {
            try (var connection = stage.connect();
                    var statement = connection.createStatement()) {
                JdbcAppender.createTables(statement);
            }
            HttpLoad.run(stage, 16, ServiceAppender.json(stage, Texts.item(550), 1), Report.FIRST_WARM_UP, 1);
            var report = new Report("appends", "bare JDBC");
            plot(compareByConcurrency(report, stage));
            compare(report, stage, "1 item of 5 KiB", 16, Texts.item(5120), 1, false);
            compare(report, stage, "1 token count", 16, Texts.tokenCount(), 1, false);
            compare(report, stage, "10 items of 550 bytes", 16, Texts.item(550), 10, false);
            compare(report, stage, "100 items of 550 bytes", 16, Texts.item(550), 100, false);
            compare(report, stage, "1,000 items of 550 bytes, NDJSON", 4, Texts.item(550), 1000, true);
            compare(report, stage, "1,000 items of 550 bytes, JSON", 4, Texts.item(550), 1000, false);
            report.write();
        }
    }

    private static SortedMap<Integer, Report.Pair> compareByConcurrency(Report report, Stage stage) throws Exception {
        var pairs = new TreeMap<Integer, Report.Pair>();
        for (var clients : CONCURRENCY) {
            compare(report, stage, "1 item of 550 bytes", clients, Texts.item(550), 1, false)
                    .ifPresent(pair -> pairs.put(clients, pair));
        }
        return pairs;
    }

    private static void plot(SortedMap<Integer, Report.Pair> byClients) throws IOException {
        var clients = List.copyOf(byClients.keySet());
        var pairs = byClients.values();
        new Plot("Appends of 1 item of 550 bytes", "clients at once", "appends per second", 2)
                .line(
                        "Threadstore",
                        clients,
                        pairs.stream().map(Report.Pair::service).toList())
                .line(
                        "bare JDBC",
                        clients,
                        pairs.stream().map(Report.Pair::reference).toList())
                .write("appends-by-clients");
    }

    private static Optional<Report.Pair> compare(
            Report report, Stage stage, String what, int clients, String item, int items, boolean lines)
            throws Exception {
        var service = lines ? ServiceAppender.lines(stage, item, items) : ServiceAppender.json(stage, item, items);
        return report.compare(
                what + ", " + clients + (clients == 1 ? " client" : " clients"),
                () -> HttpLoad.run(stage, clients, service, Report.WARM_UP, Report.SECONDS),
                () -> BlockingLoad.run(
                        stage,
                        clients,
                        number -> new JdbcAppender(stage.connect(), item, items),
                        Report.WARM_UP,
                        Report.SECONDS));
    }
}
