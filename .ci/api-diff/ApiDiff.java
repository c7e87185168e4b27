import java.io.OutputStreamWriter;
import org.openapitools.openapidiff.core.OpenApiCompare;
import org.openapitools.openapidiff.core.output.ConsoleRender;

/** Compares two API documents: {@code ApiDiff OLD NEW}. Ends with 1 if a client of the old one can break on the new one. */
class ApiDiff {

    public static void main(String... files) {
        var changes = OpenApiCompare.fromLocations(files[0], files[1]);
        if (changes.isDifferent()) {
            new ConsoleRender().render(changes, new OutputStreamWriter(System.out));
        }
        System.exit(changes.isCompatible() ? 0 : 1);
    }
}
