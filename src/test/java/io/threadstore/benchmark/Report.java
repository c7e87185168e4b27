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
import java.util.function.ToDoubleFunction;

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
        var medians = new Pair(median(ours, Round::perSecond), median(theirs, Round::perSecond));
        var ratio = medians.service() / medians.reference();
        System.out.printf(
                "| %s | %s | %.0f | %s | %.2f |%n",
                title, columns(ours), median(ours, Round::rss), columns(theirs), ratio);
        var result = new LinkedHashMap<String, Object>();
        result.put("case", title);
        result.put("service", ours);
        result.put("reference", theirs);
        result.put("ratioOfMedians", ratio);
        results.add(result);
        return Optional.of(medians);
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

    private static String columns(List<Round> rounds) {
        return "%s | %.2f, %.2f | %.2f, %.2f, %.2f"
                .formatted(
                        number(median(rounds, Round::perSecond)),
                        median(rounds, Round::p50Millis),
                        median(rounds, Round::p99Millis),
                        median(rounds, round -> round.cpu().service()),
                        median(rounds, round -> round.cpu().database()),
                        median(rounds, round -> round.cpu().client()));
    }

    private static String number(double value) {
        return value < 10 ? "%.2f".formatted(value) : "%,.0f".formatted(value);
    }

    private static double median(List<Round> rounds, ToDoubleFunction<Round> of) {
        var sorted = rounds.stream().mapToDouble(of).sorted().toArray();
        return sorted[sorted.length / 2];
    }
}
