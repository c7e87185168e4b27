package io.threadstore;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** {@code docs/configuration.md} names every property there is, none that there isn't, and the defaults that hold. */
class ConfigurationDocTest {

    private static final Path DOC = Path.of("docs/configuration.md");
    private static final Pattern ROW = Pattern.compile("^\\|(.+)\\|([^|]*)\\|$");
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");
    /** Constants of classes that read Config themselves. Keys of request attributes and names of metrics look alike and aren't meant. */
    private static final Pattern NAMED_IN_CODE =
            Pattern.compile("(?:_PREFIX|_URL|EMBEDDED|DIRECTORY|_TENANT|_PROXIES) = \"(threadstore\\.[a-z.-]+[a-z])\"");

    private static final Pattern EXPRESSION = Pattern.compile("[{](threadstore\\.[a-z.-]+)[:}]");
    private static final Pattern INJECTED =
            Pattern.compile("@ConfigProperty\\(name = \"(threadstore[^\"]+)\"(?:, defaultValue = \"([^\"]*)\")?");

    @Test
    void everyPropertyOfTheCodeIsDocumented() throws Exception {
        var missing = new TreeSet<>(ofTheCode().keySet());
        missing.removeAll(documented().keySet());

        assertThat(missing).as("properties that docs/configuration.md lacks").isEmpty();
    }

    @Test
    void everyDocumentedPropertyExists() throws Exception {
        var unknown = new TreeSet<>(documented().keySet());
        unknown.removeAll(ofTheCode().keySet());
        var quarkus = ofQuarkus().keySet();
        unknown.removeIf(name -> quarkus.contains(generic(name))
                || name.endsWith(".*")
                        && quarkus.stream().anyMatch(q -> q.startsWith(name.substring(0, name.length() - 1))));

        assertThat(unknown).as("documented properties that nothing reads").isEmpty();
    }

    /** Chosen by the program at its start, so no metadata has a default of theirs. */
    private static final java.util.Set<String> CHOSEN_AT_START = java.util.Set.of(
            "quarkus.http.host",
            "quarkus.log.console.json.enabled",
            "quarkus.log.category.\"io.threadstore.audit\".level",
            "threadstore.embedded.enabled",
            "threadstore.embedded.directory");

    @Test
    void defaultsAreThoseOfTheCode() throws Exception {
        var known = ofQuarkus();
        known.putAll(ofTheCode());
        applicationProperties().forEach((name, value) -> known.put(generic(name), value));
        var wrong = new ArrayList<String>();
        documented().forEach((name, stated) -> {
            var actual = known.get(generic(name));
            if (!CHOSEN_AT_START.contains(name) && !agree(stated, actual == null ? "" : actual)) {
                wrong.add(name + ": documented " + stated + ", in fact " + actual);
            }
        });

        assertThat(wrong).isEmpty();
    }

    /**
     * The documented default has the value first, words about when it is another after it. A value that only the running service can tell
     * (a word without backquotes: "none", "by discovery") agrees with none.
     */
    private static boolean agree(String stated, String actual) {
        var first = stated.split(";")[0].strip();
        var value = first.startsWith("`")
                ? CODE.matcher(first).results().findFirst().orElseThrow().group(1)
                : first;
        if (actual.isEmpty()) {
            return !first.startsWith("`") && !first.matches("[0-9].*");
        }
        return normal(value).equals(normal(actual));
    }

    private static String normal(String value) {
        return value.toLowerCase(Locale.ROOT).replaceFirst("^pt(?=[0-9])", "");
    }

    /** Property to stated default. A cell may name several: {@code `quarkus.x.y`, `.z`}, each with a default of its own or all with one. */
    private static Map<String, String> documented() throws IOException {
        var found = new TreeMap<String, String>();
        for (var line : Files.readAllLines(DOC)) {
            var row = ROW.matcher(line);
            if (!row.matches() || !line.startsWith("| `threadstore.") && !line.startsWith("| `quarkus.")) {
                continue;
            }
            var names = names(row.group(1).strip().split(" \\| ")[0]);
            var stated = row.group(2).strip();
            var defaults = names.size() == 1 ? List.of(stated) : List.of(stated.split("; "));
            if (defaults.size() != names.size()) {
                defaults = List.of(stated.split(", "));
            }
            for (int i = 0; i < names.size(); i++) {
                found.put(
                        names.get(i),
                        defaults.size() == names.size() ? defaults.get(i) : defaults.size() == 1 ? stated : "see text");
            }
        }
        assertThat(found).hasSizeGreaterThan(50);
        return found;
    }

    private static List<String> names(String cell) {
        var names = new ArrayList<String>();
        for (var code :
                CODE.matcher(cell).results().map(match -> match.group(1)).toList()) {
            var before = names.isEmpty() ? "" : names.get(names.size() - 1);
            names.add(code.startsWith(".") ? before.substring(0, before.lastIndexOf('.')) + code : code);
        }
        return names;
    }

    /** Property to default, of mappings, injected values, expressions and constants. */
    private static Map<String, String> ofTheCode() throws Exception {
        var found = new TreeMap<String, String>();
        var root = Path.of("src/main/java");
        var sources = new ArrayList<Path>();
        for (var directory : List.of(root, Path.of("src/embedded/java"))) {
            try (var files = Files.walk(directory)) {
                files.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
            }
        }
        for (var source : sources) {
            var text = Files.readString(source);
            NAMED_IN_CODE.matcher(text).results().forEach(match -> found.putIfAbsent(match.group(1), ""));
            EXPRESSION.matcher(text).results().forEach(match -> found.putIfAbsent(match.group(1), ""));
            INJECTED.matcher(text)
                    .results()
                    .forEach(match -> found.put(match.group(1), match.group(2) == null ? "" : match.group(2)));
            if (text.contains("@ConfigMapping(")) {
                var mapping = Class.forName(
                        root.relativize(source).toString().replace(".java", "").replace('/', '.'));
                addMapping(mapping, mapping.getAnnotation(ConfigMapping.class).prefix(), found);
            }
        }
        applicationProperties().forEach((name, value) -> {
            if (name.startsWith("threadstore.")) {
                found.put(name, value);
            }
            Pattern.compile("[$][{](threadstore\\.[a-z.-]+):([^}]*)[}]")
                    .matcher(value)
                    .results()
                    .filter(match -> found.getOrDefault(match.group(1), "").isEmpty())
                    .forEach(match -> found.put(match.group(1), match.group(2)));
        });
        return found;
    }

    private static void addMapping(Class<?> mapping, String prefix, Map<String, String> found) {
        for (var method : mapping.getDeclaredMethods()) {
            if (method.isDefault()
                    || method.isSynthetic()
                    || java.lang.reflect.Modifier.isStatic(method.getModifiers())) {
                continue;
            }
            var named = method.getAnnotation(WithName.class);
            var word = named != null
                    ? named.value()
                    : method.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
            var name = prefix + "." + word;
            var type = method.getReturnType();
            if (type.isInterface() && type.getName().startsWith("io.threadstore.")) {
                addMapping(type, name, found);
            } else {
                var set = method.getAnnotation(WithDefault.class);
                var key = type == Map.class ? name + ".\"codex.acme.example\"" : name;
                found.merge(key, set == null ? "" : set.value(), (one, other) -> other.isEmpty() ? one : other);
            }
        }
    }

    /** Property to default, as the extensions on the class path describe themselves; names in quotes are {@code "*"}. */
    private static Map<String, String> ofQuarkus() throws IOException {
        var found = new TreeMap<String, String>();
        var models = ConfigurationDocTest.class
                .getClassLoader()
                .getResources("META-INF/quarkus-config-doc/quarkus-config-model.json");
        for (var model : java.util.Collections.list(models)) {
            try (var in = model.openStream()) {
                addModel(new ObjectMapper().readTree(in), found);
            }
        }
        assertThat(found).containsKey("quarkus.http.port");
        return found;
    }

    private static void addModel(JsonNode node, Map<String, String> found) {
        for (var path : List.of(node.path("path"), node)) {
            var property = path.path("property");
            if (property.isTextual()) {
                found.putIfAbsent(
                        generic(property.asText()), node.path("defaultValue").asText(""));
            }
        }
        for (var additional : node.path("additionalPaths")) {
            found.putIfAbsent(
                    generic(additional.path("property").asText("")),
                    node.path("defaultValue").asText(""));
        }
        node.forEach(child -> addModel(child, found));
    }

    private static String generic(String name) {
        return name.startsWith("quarkus.")
                ? name.replaceAll("\"[^\"]*\"|\\.[0-9]+(?=\\.)", "*").replace("pem*", "pem.*")
                : name;
    }

    private static Map<String, String> applicationProperties() throws IOException {
        var properties = new Properties();
        try (var in = Files.newBufferedReader(Path.of("src/main/resources/application.properties"))) {
            properties.load(in);
        }
        var found = new TreeMap<String, String>();
        properties.stringPropertyNames().stream()
                .filter(name -> !name.startsWith("%"))
                .forEach(name -> found.put(name.replace("\"", "\""), properties.getProperty(name)));
        return found;
    }
}
