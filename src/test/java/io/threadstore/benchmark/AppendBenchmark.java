package io.threadstore.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.threadstore.platform.embedded.EmbeddedMariaDb;
import io.threadstore.process.ServiceProcess;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

/** Appends beside bare JDBC, by turns. */
class AppendBenchmark {

    private static final int SECONDS = Integer.getInteger("benchmark.seconds", 8);
    private static final int ROUNDS = Integer.getInteger("benchmark.rounds", 3);

    /** Seconds of load before the first round, for the JVM to compile what is hot; and at the beginning of each round. */
    private static final int FIRST_WARM_UP = Integer.getInteger("benchmark.warm-up", 30);

    private static final int WARM_UP = 2;

    private final List<Case> cases = List.of(
            new Case("1 item of 550 bytes, 1 client", 1, item(550), 1),
            new Case("1 item of 550 bytes, 16 clients", 16, item(550), 1),
            new Case("1 item of 550 bytes, 64 clients", 64, item(550), 1),
            new Case("1 item of 5 KiB, 16 clients", 16, item(5120), 1),
            new Case("1 token count, 16 clients", 16, tokenCount(), 1),
            new Case("10 items of 550 bytes, 16 clients", 16, item(550), 10),
            new Case("1,000 items of 550 bytes, 4 clients", 4, item(550), 1000));

    private record Case(String name, int clients, String item, int items) {}

    @Test
    void besideBareJdbc() throws Exception {
        var database = new EmbeddedMariaDb(Path.of("target", "benchmark-database"));
        database.start();
        try {
            var properties = database.connectionProperties();
            var url = properties.get("threadstore.db.url");
            var username = properties.get("threadstore.db.username");
            var password = properties.get("threadstore.db.password");
            try (var service = ServiceProcess.launch(
                            Map.of(
                                    "THREADSTORE_DB_URL", url,
                                    "THREADSTORE_DB_USERNAME", username,
                                    "THREADSTORE_DB_PASSWORD", password),
                            "-Xmx1g");
                    var connection = DriverManager.getConnection(url, username, password);
                    var statement = connection.createStatement()) {
                service.awaitReady();
                try (var row = statement.executeQuery(
                        "SELECT VERSION(), @@innodb_flush_log_at_trx_commit, @@innodb_buffer_pool_size, @@log_bin")) {
                    row.next();
                    System.out.printf(
                            "MariaDB %s, innodb_flush_log_at_trx_commit=%d, innodb_buffer_pool_size=%d, log_bin=%d; Java %s; %d processors%n",
                            row.getString(1),
                            row.getInt(2),
                            row.getLong(3),
                            row.getInt(4),
                            System.getProperty("java.version"),
                            Runtime.getRuntime().availableProcessors());
                    assertThat(row.getInt(2)).isEqualTo(1);
                }
                JdbcAppender.createTables(statement);
                Load.run(16, number -> new ServiceAppender(service.port(), item(550), 1), FIRST_WARM_UP, 1);
                System.out.println("| case | service, appends/s | p50, p99 ms | bare JDBC | p50, p99 ms | ratio |");
                System.out.println("|---|---|---|---|---|---|");
                var results = new ArrayList<Map<String, Object>>();
                for (var each : cases) {
                    results.add(measure(
                            each,
                            number -> new ServiceAppender(service.port(), each.item(), each.items()),
                            number -> new JdbcAppender(url, username, password, each.item(), each.items())));
                }
                write(results);
            }
        } finally {
            database.stop();
        }
    }

    private static Map<String, Object> measure(Case each, Load.Clients service, Load.Clients reference)
            throws Exception {
        var ours = new ArrayList<Load.Round>();
        var theirs = new ArrayList<Load.Round>();
        for (var round = 0; round < ROUNDS; round++) {
            ours.add(Load.run(each.clients(), service, WARM_UP, SECONDS));
            theirs.add(Load.run(each.clients(), reference, WARM_UP, SECONDS));
        }
        var ratio = median(ours, Load.Round::perSecond) / median(theirs, Load.Round::perSecond);
        System.out.printf("| %s | %s | %s | %.2f |%n", each.name(), columns(ours), columns(theirs), ratio);
        var result = new LinkedHashMap<String, Object>();
        result.put("case", each.name());
        result.put("service", ours);
        result.put("bareJdbc", theirs);
        result.put("ratioOfMedians", ratio);
        return result;
    }

    private static String columns(List<Load.Round> rounds) {
        return "%.0f | %.2f, %.2f"
                .formatted(
                        median(rounds, Load.Round::perSecond),
                        median(rounds, Load.Round::p50Millis),
                        median(rounds, Load.Round::p99Millis));
    }

    private static double median(List<Load.Round> rounds, ToDoubleFunction<Load.Round> of) {
        return rounds.stream()
                .mapToDouble(of)
                .sorted()
                .skip(rounds.size() / 2)
                .findFirst()
                .orElseThrow();
    }

    private static void write(List<Map<String, Object>> results) throws Exception {
        var directory = Files.createDirectories(Path.of("target", "benchmark"));
        Files.write(
                directory.resolve("appends.json"),
                new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(results));
    }

    private static String item(int bytes) {
        var before =
                "{\"type\":\"response_item\",\"payload\":{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"";
        var after = "\"}]}}";
        var item = before + "x".repeat(bytes - before.length() - after.length()) + after;
        assertThat(item.getBytes(StandardCharsets.UTF_8)).hasSize(bytes);
        return item;
    }

    private static String tokenCount() {
        var usage =
                "{\"input_tokens\":12345,\"cached_input_tokens\":6789,\"output_tokens\":321,\"reasoning_output_tokens\":123,\"total_tokens\":12666}";
        return "{\"type\":\"event_msg\",\"payload\":{\"type\":\"token_count\",\"info\":{\"total_token_usage\":" + usage
                + ",\"last_token_usage\":" + usage + ",\"model_context_window\":272000},\"rate_limits\":null}}";
    }
}
