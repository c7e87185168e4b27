package io.threadstore.testsupport;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What a scrape of the service shows at one moment. */
public final class Metrics {

    private static final Pattern SAMPLE = Pattern.compile("([a-z_]+)(?:\\{(.*)})? (\\S+)");
    private static final Pattern LABEL = Pattern.compile("([a-zA-Z_]+)=\"([^\"]*)\"");
    private static final Pattern TYPE = Pattern.compile("# TYPE (\\S+) \\S+");

    private final Map<String, Map<Map<String, String>, Double>> series = new HashMap<>();
    private final Set<String> families = new TreeSet<>();

    private Metrics(String text) {
        text.lines().forEach(line -> {
            var type = TYPE.matcher(line);
            var sample = SAMPLE.matcher(line);
            if (type.matches()) {
                families.add(type.group(1));
            } else if (sample.matches()) {
                series.computeIfAbsent(sample.group(1), name -> new HashMap<>())
                        .put(labels(sample.group(2)), Double.valueOf(sample.group(3)));
            }
        });
    }

    public static Metrics scrape() {
        return new Metrics(Rest.request().accept("text/plain").get("/q/metrics").asString());
    }

    /** The names that are declared. */
    public Set<String> families() {
        return families;
    }

    /** The sum of a name's series with these labels (names and values by turns); 0 if there is none. */
    public double sum(String name, String... labels) {
        var wanted = new TreeMap<String, String>();
        for (var i = 0; i < labels.length; i += 2) {
            wanted.put(labels[i], labels[i + 1]);
        }
        return series.getOrDefault(name, Map.of()).entrySet().stream()
                .filter(one -> one.getKey().entrySet().containsAll(wanted.entrySet()))
                .mapToDouble(Map.Entry::getValue)
                .sum();
    }

    /** The values that a label has in a name's series. */
    public Set<String> values(String name, String label) {
        return series.getOrDefault(name, Map.of()).keySet().stream()
                .filter(labels -> labels.containsKey(label))
                .map(labels -> labels.get(label))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The names of the labels that any series has whose name begins like this. */
    public Set<String> labelNames(String prefix) {
        return series.entrySet().stream()
                .filter(one -> one.getKey().startsWith(prefix))
                .flatMap(one -> one.getValue().keySet().stream())
                .flatMap(labels -> labels.keySet().stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Map<String, String> labels(String text) {
        var labels = new TreeMap<String, String>();
        if (text != null) {
            LABEL.matcher(text).results().forEach(label -> labels.put(label.group(1), label.group(2)));
        }
        return labels;
    }
}
