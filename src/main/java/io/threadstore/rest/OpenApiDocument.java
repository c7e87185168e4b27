package io.threadstore.rest;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.smallrye.openapi.OpenApiFilter;
import io.threadstore.identity.Scope;
import jakarta.ws.rs.core.HttpHeaders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.media.Content;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.parameters.Parameter;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;
import org.eclipse.microprofile.openapi.models.security.SecurityScheme;
import org.jspecify.annotations.Nullable;

/**
 * What the API document says of every operation alike, added when it is built: the problems that can be the answer, an
 * example for every body, enum words as they are on the wire.
 */
@OpenApiFilter(stages = OpenApiFilter.RunStage.BUILD)
public class OpenApiDocument implements OASFilter {

    private static final String BEARER = "bearer";
    private static final String EXAMPLES = "/openapi-examples.json";
    private static final String SCHEMA_REF = "#/components/schemas/";

    /** The order in which groups of operations are shown. */
    private static final List<String> TAGS = List.of("Threads", "Writers", "Items", "Rollout files", "Verification");

    /** Types that are written as strings of a format. */
    private static final Map<String, String> INLINED = Map.of("UUID", "uuid", "Instant", "date-time", "URI", "uri");

    /** The problems that any operation can answer. */
    private static final List<Integer> ANY = List.of(400, 401, 403, 406, 500, 503);

    /** The problems that an operation can answer beyond those. */
    private static final Map<String, List<Integer>> PROBLEMS = Map.ofEntries(
            Map.entry("createThread", List.of(409, 413, 415, 422)),
            Map.entry("getThread", List.of(404)),
            Map.entry("listThreads", List.of()),
            Map.entry("updateThreadMetadata", List.of(404, 412, 413, 415)),
            Map.entry("listMetadataPatches", List.of(404)),
            Map.entry("verifyThread", List.of(404)),
            Map.entry("verifyThreads", List.of()),
            Map.entry("archiveThread", List.of(404, 412)),
            Map.entry("unarchiveThread", List.of(404, 412)),
            Map.entry("deleteThread", List.of(404, 412)),
            Map.entry("openWriter", List.of(404, 409, 413, 415)),
            Map.entry("getWriter", List.of(404)),
            Map.entry("persistThread", List.of(404, 409)),
            Map.entry("flushThread", List.of(404, 409)),
            Map.entry("shutdownThread", List.of(404, 409)),
            Map.entry("discardThread", List.of(404)),
            Map.entry("appendItems", List.of(404, 409, 413, 415)),
            Map.entry("listItems", List.of(404)),
            Map.entry("loadHistory", List.of(404)),
            Map.entry("exportRollout", List.of(404)),
            Map.entry("importRollout", List.of(409, 413, 415, 422)));

    /** The operations that don't begin with a thread that is there. */
    private static final Set<String> WITHOUT_A_THREAD =
            Set.of("createThread", "listThreads", "importRollout", "verifyThreads");

    /** Any, or a list of entity tags (RFC 9110, 13.1.1). */
    private static final String ENTITY_TAGS = "^(\\*|(W/)?\"[^\"\\s]*\"( *, *(W/)?\"[^\"\\s]*\")*)$";

    /** What parameters mean that several operations have; those of one operation say it themselves. */
    private static final Map<String, String> MEANINGS = Map.ofEntries(
            Map.entry("thread_id", "The thread"),
            Map.entry(
                    IdempotentRequests.KEY,
                    "A name for this request, such as a UUID: sent again with it, the request gets its first answer again"
                            + " and is not done twice; kept for 24 hours"),
            Map.entry("include_archived", "Whether an archived thread is found, too"),
            Map.entry("include_history", "Whether all items come with it"),
            Map.entry("limit", "How many entries a page has at the most"),
            Map.entry("order", "Which end of the list comes first"),
            Map.entry("sort", "The time by which threads are in order"),
            Map.entry("parent_thread_id", "The thread that spawned those to keep"),
            Map.entry("forked_from_id", "The thread from which those to keep were forked"));

    @Override
    public void filterOpenAPI(OpenAPI document) {
        var examples = readExamples();
        document.setTags(document.getTags().stream()
                .sorted(Comparator.comparing(tag -> TAGS.indexOf(tag.getName())))
                .toList());
        var schemas = document.getComponents().getSchemas();
        schemas.values().forEach(OpenApiDocument::tidy);
        openUp(schemas.get("JsonValue"));
        INLINED.keySet().forEach(document.getComponents()::removeSchema);
        for (var status : allStatuses()) {
            document.getComponents().addResponse(name(status), problem(status, examples));
        }
        document.getPaths().getPathItems().values().stream()
                .flatMap(path -> path.getOperations().values().stream())
                .filter(operation -> PROBLEMS.containsKey(operation.getOperationId()))
                .forEach(operation -> {
                    addProblems(operation);
                    addLinks(operation);
                    if (operation.getParameters() != null) {
                        operation.getParameters().forEach(OpenApiDocument::describe);
                    }
                    addExamples(operation, examples);
                });
        document.getPaths()
                .getPathItems()
                .values()
                .forEach(path -> path.getOperations()
                        .forEach((method, operation) -> addScope(
                                operation, CallerFilter.neededFor(method.name(), operation.getOperationId()))));
        document.getComponents()
                .addSecurityScheme(
                        BEARER,
                        OASFactory.createSecurityScheme()
                                .type(SecurityScheme.Type.HTTP)
                                .scheme("bearer")
                                .bearerFormat("JWT")
                                .description(
                                        "A token of the configured issuer. It names the tenant and the scopes: threads:read,"
                                                + " threads:write, threads:delete. A service without an issuer asks for none."));
        // where a service that nothing was told listens; the build's own guess is less
        document.setServers(List.of(
                OASFactory.createServer().url("http://localhost:8080").description("A service on this machine")));
        // either a token, or none where the service asks for none
        document.addSecurityRequirement(OASFactory.createSecurityRequirement().addScheme(BEARER));
        document.addSecurityRequirement(OASFactory.createSecurityRequirement());
    }

    /** What a parameter means, and what it can be, where that is the same for all operations. */
    private static void describe(Parameter parameter) {
        var schema = parameter.getSchema();
        if (parameter.getDescription() == null) {
            parameter.setDescription(MEANINGS.get(parameter.getName()));
        }
        if (parameter.getName().equals(WritersResource.WRITER_EPOCH)) {
            schema.setMinimum(BigDecimal.ZERO);
        } else if (parameter.getName().equals(HttpHeaders.IF_MATCH)
                || parameter.getName().equals(HttpHeaders.IF_NONE_MATCH)) {
            schema.setMinLength(1);
            schema.setPattern(ENTITY_TAGS);
        } else if (parameter.getName().equals(HttpHeaders.CONTENT_ENCODING)) {
            schema.setPattern(Arrays.stream(ContentCoding.values())
                    .map(ContentCoding::word)
                    .collect(Collectors.joining("|", "^(", ")$")));
        } else if (schema.getItems() != null && schema.getItems().getRef() == null) {
            schema.getItems().setMinLength(1);
        }
    }

    /** Bearer schemes have no scopes of their own in this version of OpenAPI, so the description names it. */
    private static void addScope(Operation operation, Scope scope) {
        var description = operation.getDescription() == null ? "" : operation.getDescription() + "\n\n";
        operation.setDescription(description + "Needs the scope `" + scope.word() + "`.");
    }

    /** Words of enums in lower case, ids and times in place, and nothing beside a reference, where 3.0 has readers pass it over. */
    private static void tidy(Schema schema) {
        writeWords(schema);
        if (schema.getProperties() != null) {
            schema.getProperties().values().forEach(OpenApiDocument::tidyProperty);
        }
    }

    /** Any JSON value: the record that carries it has a member of its own, which is not on the wire. */
    private static void openUp(Schema jsonValue) {
        jsonValue.setType(null);
        jsonValue.setProperties(null);
    }

    private static void tidyProperty(Schema property) {
        if (property.getRef() == null) {
            return;
        }
        var name = property.getRef().replace(SCHEMA_REF, "");
        if (INLINED.containsKey(name)) {
            property.setRef(null);
            property.setType(List.of(Schema.SchemaType.STRING));
            property.setFormat(INLINED.get(name));
        } else if (property.getDescription() != null || property.getDefaultValue() != null) {
            property.setRef(null);
            property.setType(null);
            property.addAllOf(OASFactory.createSchema().ref(SCHEMA_REF + name));
        }
    }

    private static void writeWords(Schema schema) {
        if (schema.getEnumeration() != null) {
            schema.setEnumeration(schema.getEnumeration().stream()
                    .<Object>map(word -> word.toString().toLowerCase(Locale.ROOT))
                    .toList());
        }
    }

    private static TreeSet<Integer> allStatuses() {
        var statuses = new TreeSet<>(ANY);
        PROBLEMS.values().forEach(statuses::addAll);
        return statuses;
    }

    private static void addProblems(Operation operation) {
        var statuses = new TreeSet<>(ANY);
        statuses.addAll(PROBLEMS.get(operation.getOperationId()));
        for (var status : statuses) {
            operation
                    .getResponses()
                    .addAPIResponse(
                            Integer.toString(status),
                            OASFactory.createAPIResponse().ref("#/components/responses/" + name(status)));
        }
    }

    /** What can be done with a thread that was just made. */
    private static void addLinks(Operation operation) {
        if (!operation.getOperationId().equals("createThread")) {
            return;
        }
        var made = operation.getResponses().getAPIResponse("201");
        for (var next : new TreeSet<>(PROBLEMS.keySet())) {
            if (!WITHOUT_A_THREAD.contains(next)) {
                made.addLink(
                        next,
                        OASFactory.createLink()
                                .operationId(next)
                                .addParameter("thread_id", "$response.body#/thread_id"));
            }
        }
    }

    private static void addExamples(Operation operation, Map<String, Object> examples) {
        if (operation.getRequestBody() != null) {
            addExamples(operation.getRequestBody().getContent(), examples);
        }
        operation
                .getResponses()
                .getAPIResponses()
                .values()
                .forEach(response -> addExamples(response.getContent(), examples));
    }

    private static void addExamples(@Nullable Content content, Map<String, Object> examples) {
        if (content == null) {
            return;
        }
        content.getMediaTypes().forEach((type, media) -> {
            var schema = media.getSchema();
            if (schema == null) {
                return;
            }
            var name = schema.getRef() == null
                    ? schema.getDescription()
                    : schema.getRef().replace(SCHEMA_REF, "");
            if (media.getExample() == null && examples.containsKey(name)) {
                media.setExample(examples.get(name));
            }
        });
    }

    private static APIResponse problem(int status, Map<String, Object> examples) {
        var codes = Arrays.stream(ProblemCode.values())
                .filter(code -> code.status() == status)
                .map(ProblemCode::word)
                .toList();
        var media = OASFactory.createMediaType()
                .schema(OASFactory.createSchema().ref(SCHEMA_REF + "Problem"))
                .example(examples.get("Problem" + status));
        var response = OASFactory.createAPIResponse()
                .description("A problem with the code " + String.join(", ", codes))
                .content(OASFactory.createContent().addMediaType(Problems.MEDIA_TYPE, media));
        if (status == ProblemCode.UNAUTHENTICATED.status() || status == ProblemCode.FORBIDDEN.status()) {
            response.addHeader(
                    "WWW-Authenticate",
                    OASFactory.createHeader()
                            .description("What a caller would have to bring (RFC 6750)")
                            .schema(OASFactory.createSchema().addType(Schema.SchemaType.STRING)));
        }
        if (status == ProblemCode.UNAVAILABLE.status()) {
            response.addHeader(
                    "Retry-After",
                    OASFactory.createHeader()
                            .description("How long to wait, in seconds")
                            .schema(OASFactory.createSchema().addType(Schema.SchemaType.INTEGER)));
        }
        return response;
    }

    private static String name(int status) {
        return switch (status) {
            case 400 -> "InvalidRequest";
            case 401 -> "Unauthenticated";
            case 403 -> "Forbidden";
            case 404 -> "NotFound";
            case 406 -> "NotAcceptable";
            case 409 -> "Conflict";
            case 412 -> "PreconditionFailed";
            case 413 -> "TooLarge";
            case 415 -> "UnsupportedMediaType";
            case 422 -> "KeyReused";
            case 500 -> "Internal";
            case 503 -> "Unavailable";
            default -> throw new IllegalStateException("no name for " + status);
        };
    }

    private static Map<String, Object> readExamples() {
        try (var in = OpenApiDocument.class.getResourceAsStream(EXAMPLES)) {
            return new ObjectMapper().readValue(in, new TypeReference<Map<String, Object>>() {});
        } catch (IOException e) {
            throw new UncheckedIOException(EXAMPLES + " is not readable", e);
        }
    }
}
