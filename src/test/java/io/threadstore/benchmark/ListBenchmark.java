package io.threadstore.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Pages of lists: what they take of a million threads, beside what they take of a thousand. */
class ListBenchmark {

    private static final int[] THREADS = {1000, 10_000, 100_000, 1_000_000};
    private static final int[] CONCURRENCY = {1, 8};
    private static final int PAGE = 50;

    /** Also asked as often as this, whether pages before are there or not. */
    private static final int PER_SECOND = 500;

    /** A page by its number, from 1; of a thousand threads the last, the 18th, stands in for the hundredth. */
    private static final int[] PAGES = {1, 100};

    private static final ObjectMapper MAPPER = new ObjectMapper();

    @Test
    void besideAListOfAThousand() throws Exception {
        var rounds = new LinkedHashMap<String, Map<Integer, Round>>();
        try (var stage = Stage.set(Report.JVM)) {
            var filled = 0;
            for (var threads : THREADS) {
                fill(stage, filled, threads);
                filled = threads;
                HttpLoad.run(stage, 8, asking(list("updated_at")), Report.FIRST_WARM_UP, 1);
                for (var sort : new String[] {"created_at", "updated_at"}) {
                    for (var page : PAGES) {
                        var path = page(stage, sort, Math.min(page, threads * 9 / 10 / PAGE));
                        for (var clients : CONCURRENCY) {
                            var closed = Report.medians(
                                    () -> HttpLoad.run(stage, clients, asking(path), Report.WARM_UP, Report.SECONDS));
                            put(rounds, title(sort, page, "clients: " + clients), threads, closed);
                        }
                        var open = Report.medians(() ->
                                HttpLoad.runOpen(stage, 64, asking(path), PER_SECOND, Report.WARM_UP, Report.SECONDS));
                        put(rounds, title(sort, page, PER_SECOND + " asked per s"), threads, open);
                    }
                }
            }
        }
        print(rounds);
        plot(rounds);
    }

    private static String title(String sort, int page, String load) {
        return "by %s, page %d, %s".formatted(sort, page, load);
    }

    private static void put(Map<String, Map<Integer, Round>> rounds, String title, int threads, Round round) {
        rounds.computeIfAbsent(title, created -> new LinkedHashMap<>()).put(threads, round);
    }

    private static void plot(Map<String, Map<Integer, Round>> rounds) throws Exception {
        var first = rounds.get(title("updated_at", 1, PER_SECOND + " asked per s"));
        var hundredth = rounds.get(title("updated_at", 100, PER_SECOND + " asked per s"));
        var threads = List.copyOf(first.keySet());
        new Plot("A page of 50 threads, " + PER_SECOND + " asked per second", "threads", "milliseconds", 10)
                .line("page 1, half within", threads, millis(first, Round::p50Millis))
                .line("page 1, 99 of 100 within", threads, millis(first, Round::p99Millis))
                .line("page 100, 99 of 100 within", threads, millis(hundredth, Round::p99Millis))
                .write("lists-by-threads");
    }

    private static List<Double> millis(Map<Integer, Round> rounds, Function<Round, Double> of) {
        return rounds.values().stream().map(of).toList();
    }

    private static void print(Map<String, Map<Integer, Round>> rounds) throws Exception {
        System.out.println(
                "| a page of 50 | of 1,000 threads: per s | p50, p99 ms | of 1,000,000: per s | p50, p99 ms | p50, ratio |");
        System.out.println("|---|---|---|---|---|---|");
        var results = new ArrayList<Map<String, Object>>();
        rounds.forEach((title, of) -> {
            var few = of.get(THREADS[0]);
            var many = of.get(THREADS[THREADS.length - 1]);
            var ratio = many.p50Millis() / few.p50Millis();
            System.out.printf(
                    "| %s | %,.0f | %.2f, %.2f | %,.0f | %.2f, %.2f | %.2f |%n",
                    title,
                    few.perSecond(),
                    few.p50Millis(),
                    few.p99Millis(),
                    many.perSecond(),
                    many.p50Millis(),
                    many.p99Millis(),
                    ratio);
            results.add(Map.of("case", title, "byThreads", of, "ratioOfTimes", ratio));
        });
        Report.writeJson("lists", results);
    }

    private static HttpLoad.Clients asking(String path) {
        return number -> () -> HttpLoad.request("GET", path, "", new byte[0]);
    }

    private static String list(String sort) {
        return "/v1/threads?limit=" + PAGE + "&sort=" + sort;
    }

    /** The path of a page, which is found by going there. */
    private static String page(Stage stage, String sort, int number) throws Exception {
        var path = list(sort);
        for (var at = 1; at < number; at++) {
            var cursor = MAPPER.readTree(stage.service().get(path).body()).path("next_cursor");
            assertThat(cursor.isTextual()).isTrue();
            path = list(sort) + "&cursor=" + URLEncoder.encode(cursor.asText(), StandardCharsets.UTF_8);
        }
        var page = MAPPER.readTree(stage.service().get(path).body());
        assertThat(page.path("data").size()
                        + page.path("threads").size()
                        + page.path("items").size())
                .isEqualTo(PAGE);
        return path;
    }

    /** Adds threads, each with what a user sees of it in a list; a tenth of them is archived. */
    private static void fill(Stage stage, int from, int to) throws Exception {
        try (var connection = stage.connect();
                var statement = connection.createStatement()) {
            statement.execute("""
                    INSERT INTO thread (tenant, thread_id, state, epoch, version, next_ordinal, item_count, byte_count, persistence_mode,
                      created_at, updated_at, materialized_at, archived_at, source_kind, memory_mode, name, first_user_message, model_provider,
                      model, cwd, git_branch, cli_version, originator, token_usage)
                    SELECT 'default', UUID(), IF(seq % 10 = 0, 'ARCHIVED', 'ACTIVE'), 1, 1, 100, 100, 100000, 'LIMITED',
                      1700000000000 + seq * 1000, 1700000000000 + seq * 1000 + seq * 7919 % 86400000, 1700000000000,
                      IF(seq % 10 = 0, 1800000000000, NULL), IF(seq % 3 = 0, 'VSCODE', 'CLI'), 'ENABLED',
                      IF(seq % 2 = 0, CONCAT('Thread ', seq), NULL), CONCAT('Please mend the test that fails in module ', seq % 1000), 'openai',
                      'gpt-5.1-codex', CONCAT('/home/user/projects/', seq % 200), 'main', '0.142.0', 'codex_cli_rs',
                      '{"input_tokens":12345,"output_tokens":321,"total_tokens":12666}'
                    FROM seq_FIRST_to_LAST
                    """.replace("FIRST", Integer.toString(from + 1)).replace("LAST", Integer.toString(to)));
            statement.execute("ANALYZE TABLE thread");
        }
    }
}
