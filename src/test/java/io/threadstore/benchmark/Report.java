package io.threadstore.benchmark;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The results of one benchmark: lines of a Markdown table on the console, and JSON with every round. */
final class Report {

    static final int SECONDS = Integer.getInteger("benchmark.seconds", 8);
    static final int ROUNDS = Integer.getInteger("benchmark.rounds", 3);

    /** Seconds of load before the first round, for the JVM to compile what is hot; and at the beginning of each round. */
    static final int FIRST_WARM_UP = Integer.getInteger("benchmark.warm-up", 30);

    static final int WARM_UP = 2;

    /** The options of the service's JVM. */
    static final String[] JVM = System.getProperty("benchmark.jvm", "-Xmx1g").split(" ");

    /** Only cases with this in their titles. */
    private static final String ONLY = System.getProperty("benchmark.only", "");

    private static final Path DIRECTORY = Path.of("target", "benchmark");

    private final String name;
    private final List<Map<String, Object>> results = new ArrayList<>();

    Report(String name, String reference) {
        this.name = name;
        System.out.printf(
                "| %s | service, per s | p50, p99 ms | processors: service, database, client | RSS, MB | %s | p50, p99 ms | processors | ratio |%n",
                name, reference);
        System.out.println("|---|---|---|---|---|---|---|---|---|");
    }

    /** A figure of the service, and of the reference. */
    record Pair(double service, double reference) {}

    /** One round. */
    @FunctionalInterface
    interface Measurement {
        Round run() throws Exception;
    }

    /**
     * Measures both by turns, and puts the medians side by side.
     *
     * @return how many in a second of each; nothing if the case is not to be run
     */
    Optional<Pair> compare(String title, Measurement service, Measurement reference) throws Exception {
        if (!title.contains(ONLY)) {
            return Optional.empty();
        }
        var ours = new ArrayList<Round>();
        var theirs = new ArrayList<Round>();
        for (var round = 0; round < ROUNDS; round++) {
            ours.add(service.run());
            theirs.add(reference.run());
        }
        var our = Round.medians(ours);
        var their = Round.medians(theirs);
        var ratio = our.perSecond() / their.perSecond();
        System.out.printf("| %s | %s | %.0f | %s | %.2f |%n", title, columns(our), our.rss(), columns(their), ratio);
        var result = new LinkedHashMap<String, Object>();
        result.put("case", title);
        result.put("service", ours);
        result.put("reference", theirs);
        result.put("ratioOfMedians", ratio);
        results.add(result);
        return Optional.of(new Pair(our.perSecond(), their.perSecond()));
    }

    void write() throws IOException {
        writeJson(name, results);
    }

    /** A file that a benchmark leaves behind. */
    static Path file(String name) throws IOException {
        return Files.createDirectories(DIRECTORY).resolve(name);
    }

    static void writeJson(String name, Object results) throws IOException {
        Files.write(
                file(name + ".json"),
                new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(results));
    }

    private static String columns(Round round) {
        return "%s | %.2f, %.2f | %.2f, %.2f, %.2f"
                .formatted(
                        number(round.perSecond()),
                        round.p50Millis(),
                        round.p99Millis(),
                        round.cpu().service(),
                        round.cpu().database(),
                        round.cpu().client());
    }

    /** The medians of some rounds of one thing alone. */
    static Round medians(Measurement measurement) throws Exception {
        var rounds = new ArrayList<Round>();
        for (var round = 0; round < ROUNDS; round++) {
            rounds.add(measurement.run());
        }
        return Round.medians(rounds);
    }

    private static String number(double value) {
        return value < 10 ? "%.2f".formatted(value) : "%,.0f".formatted(value);
    }
}
