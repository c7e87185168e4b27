import java.io.OutputStreamWriter;
import java.util.List;
import org.openapitools.openapidiff.core.OpenApiCompare;
import org.openapitools.openapidiff.core.compare.OpenApiDiffOptions;
import org.openapitools.openapidiff.core.output.ConsoleRender;

/** Compares two API documents: {@code ApiDiff OLD NEW}. Ends with 1 if a client of the old one can break on the new one. */
class ApiDiff {

    public static void main(String... files) {
        // problem codes and kinds of source grow; a client has to take a word that it doesn't know
        var options = OpenApiDiffOptions.builder()
                .configProperty("incompatible.response.enum.increased", "false")
                .build();
        var changes = OpenApiCompare.fromLocations(files[0], files[1], List.of(), options);
        if (changes.isDifferent()) {
            new ConsoleRender().render(changes, new OutputStreamWriter(System.out));
        }
        // the library minds required members alone; a client that reads or sends an optional one breaks just so
        var gone = changes.getChangedSchemas().stream()
                .flatMap(schema -> schema.getMissingProperties().keySet().stream())
                .toList();
        if (!gone.isEmpty()) {
            System.out.println("members that are gone: " + gone);
        }
        System.exit(changes.isCompatible() && gone.isEmpty() ? 0 : 1);
    }
}
