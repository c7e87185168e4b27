package io.threadstore.rest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.test.junit.QuarkusTest;
import io.threadstore.testsupport.Rest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

@QuarkusTest
class OpenApiDocumentTest extends RestTest {

    private static final Path COMMITTED = Path.of("docs", "openapi.yaml");
    private static final Path BUILT = Path.of("target", "openapi", "openapi.yaml");

    @Test
    void committedDocumentIsTheOneThatTheBuildMakes() throws Exception {
        assertThat(Files.readString(COMMITTED))
                .as("docs/openapi.yaml is out of date: copy target/openapi/openapi.yaml over it and review the change")
                .isEqualTo(Files.readString(BUILT));
    }

    @Test
    void everyOperationHasItsIdASummaryExamplesAndProblems() throws Exception {
        var operations = operations();

        assertThat(operations)
                .extracting(operation -> operation.path("operationId").asText())
                .containsExactlyInAnyOrder(
                        "createThread",
                        "getThread",
                        "listThreads",
                        "updateThreadMetadata",
                        "listMetadataPatches",
                        "archiveThread",
                        "unarchiveThread",
                        "deleteThread",
                        "openWriter",
                        "getWriter",
                        "persistThread",
                        "flushThread",
                        "shutdownThread",
                        "discardThread",
                        "appendItems",
                        "listItems",
                        "loadHistory",
                        "exportRollout",
                        "importRollout",
                        "verifyThread",
                        "verifyThreads");
        assertThat(operations).allSatisfy(operation -> {
            assertThat(operation.path("summary").asText()).isNotBlank();
            assertThat(operation.path("responses").fieldNames())
                    .toIterable()
                    .contains("400", "406", "500", "503")
                    .anyMatch(status -> status.startsWith("2"));
            assertThat(mediaTypes(operation)).allSatisfy(media -> {
                assertThat(media.has("example")).isTrue();
                assertThat(media.path("schema").isEmpty()).isFalse();
            });
        });
    }

    @Test
    void everySchemaIsNamedAndEveryReferenceResolves() throws Exception {
        var document = document();

        assertThat(document.findValuesAsText("$ref"))
                .isNotEmpty()
                .allSatisfy(reference -> assertThat(
                                document.at(reference.substring(1)).isMissingNode())
                        .as(reference)
                        .isFalse());
        assertThat(document.at("/components/schemas").fieldNames())
                .toIterable()
                .contains("StoredThread", "SourceKind", "Problem", "ProblemCode", "StoredItem", "RolloutItem")
                .doesNotContain("UUID", "Instant", "Kind", "Object");
    }

    /** What generators turn into types with made-up names, into types that hide others, or into no type at all. */
    @Test
    void generatedClientsGetNamedTypes() throws Exception {
        var document = document();

        assertThat(document.at("/components/schemas").fieldNames())
                .toIterable()
                .as("a class of that name hides one of Java's own")
                .noneMatch(OpenApiDocumentTest::isInJavaLang);
        var places = new ArrayList<JsonNode>();
        for (var operation : operations()) {
            mediaTypes(operation).forEach(media -> places.add(media.path("schema")));
            operation.path("parameters").forEach(parameter -> places.add(parameter.path("schema")));
        }
        document.at("/components/schemas")
                .forEach(schema -> schema.path("properties").forEach(places::add));
        assertThat(places).hasSizeGreaterThan(100).allSatisfy(place -> {
            assertThat(place.has("enum")).as("an enum without a name").isFalse();
            assertThat(place.has("properties")).as("an object without a name").isFalse();
        });
        assertThat(operations())
                .flatExtracting(OpenApiDocumentTest::ndjsonSchemas)
                .hasSize(4)
                .allSatisfy(schema -> assertThat(schema.path("format").asText()).isEqualTo("binary"));
    }

    private static boolean isInJavaLang(String name) {
        try {
            Class.forName("java.lang." + name);
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    private static List<JsonNode> ndjsonSchemas(JsonNode operation) {
        return operation.findValues(ItemsResource.NDJSON).stream()
                .map(media -> media.path("schema"))
                .toList();
    }

    @Test
    void swaggerUiIsThere() {
        Rest.request().get("/q/swagger-ui/").then().statusCode(200).contentType("text/html");
    }

    private static List<JsonNode> mediaTypes(JsonNode operation) {
        var media = new ArrayList<JsonNode>();
        operation.path("requestBody").path("content").forEach(media::add);
        operation.path("responses").forEach(response -> response.path("content").forEach(media::add));
        return media;
    }

    private static List<JsonNode> operations() throws Exception {
        var operations = new ArrayList<JsonNode>();
        document()
                .path("paths")
                .forEach(path -> path.forEach(member -> {
                    if (member.has("operationId")) {
                        operations.add(member);
                    }
                }));
        return operations;
    }

    private static JsonNode document() throws Exception {
        return new ObjectMapper()
                .readTree(Rest.request().get("/q/openapi?format=json").asString());
    }
}
